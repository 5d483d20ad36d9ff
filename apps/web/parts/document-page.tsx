// The page of a document that an operator writes, and the one where a new one is written.
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Loaded } from './loaded.js';
import { PageHead } from './page-head.js';
import { PathBack } from './path-back.js';

interface DocumentPageProps<D> {
  /** The list that it is in. */
  readonly back: { readonly to: string; readonly label: string };
  /** What such a document is called, while its name is not known. */
  readonly title: string;
  readonly query: UseQueryResult<D>;
  readonly actions?: (document: D) => ReactNode;
  readonly children: (document: D, reload: () => void) => ReactNode;
}

/** Its name is the heading, as soon as it is there. */
export function DocumentPage<D extends { readonly body: { readonly name: string } }>({
  back,
  title,
  query,
  actions,
  children,
}: DocumentPageProps<D>) {
  return (
    <div className="stack">
      <PathBack {...back} />
      {!query.data && <PageHead title={title} />}
      <Loaded query={query}>
        {(data) => (
          <>
            <PageHead title={data.body.name} actions={actions?.(data)} />
            {children(data, () => void query.refetch())}
          </>
        )}
      </Loaded>
    </div>
  );
}

interface NewDocumentProps extends Pick<DocumentPageProps<never>, 'back' | 'title'> {
  readonly children: ReactNode;
}

export const NewDocument = ({ back, title, children }: NewDocumentProps) => (
  <div className="stack">
    <PathBack {...back} />
    <PageHead title={title} />
    {children}
  </div>
);
