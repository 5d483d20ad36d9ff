// A list of documents that an operator writes: policies, groups, listeners look alike.
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Document, Page } from '../api/types.js';
import { useMayWrite } from '../shell/session.js';
import { Loaded, Nothing } from './loaded.js';
import { PageHead } from './page-head.js';
import { Table, type Column } from './table.js';

type AddTo = '/policies/new' | '/groups/new' | '/listeners/new' | '/trust-sets/new';

interface DocumentListProps<D extends Document<unknown>> {
  readonly title: string;
  /** What these documents are for. */
  readonly purpose: ReactNode;
  readonly addLabel: string;
  readonly addTo: AddTo;
  /** Operators by default. */
  readonly mayWrite?: boolean;
  readonly query: UseQueryResult<Page<D>>;
  readonly columns: readonly Column<D>[];
  readonly empty: { readonly title: string; readonly text: string };
}

export function DocumentList<D extends Document<unknown>>(props: DocumentListProps<D>) {
  const operator = useMayWrite();
  const mayWrite = props.mayWrite ?? operator;
  return (
    <div className="stack">
      <PageHead
        title={props.title}
        actions={mayWrite && <AddButton to={props.addTo} label={props.addLabel} />}
      >
        {props.purpose}
      </PageHead>
      <Loaded query={props.query}>
        {({ items }) =>
          items.length === 0 ? (
            <div className="card">
              <Nothing title={props.empty.title}>{props.empty.text}</Nothing>
            </div>
          ) : (
            <div className="card card-flush">
              <Table caption={props.title} rows={items} keyOf={(row) => row.id} columns={props.columns} />
            </div>
          )
        }
      </Loaded>
    </div>
  );
}

function AddButton({ to, label }: { readonly to: AddTo; readonly label: string }) {
  return (
    <Button component={Link} to={to} leftSection={<IconPlus size={16} aria-hidden />}>
      {label}
    </Button>
  );
}
