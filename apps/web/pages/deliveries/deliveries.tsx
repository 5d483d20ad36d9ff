import { Button } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useDeliveries } from '../../api/queries.js';
import { pathOf, useWrite } from '../../api/writes.js';
import type { DeadDelivery, Page } from '../../api/types.js';
import { Confirm } from '../../parts/confirm.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';
import { counted } from '../../words.js';

export function Deliveries() {
  const deliveries = useDeliveries();
  return (
    <div className="stack">
      <PageHead title="Deliveries">
        Events that a service gave up. Read the reason, mend what it names, then replay; or drop what is not
        needed.
      </PageHead>
      <Loaded query={deliveries}>{(page) => <List page={page} />}</Loaded>
    </div>
  );
}

function List({ page }: { readonly page: Page<DeadDelivery> }) {
  const mayWrite = useMayWrite();
  if (page.items.length === 0) {
    return (
      <div className="card">
        <Nothing title="No dead delivery">Every event was handled, or is being tried again.</Nothing>
      </div>
    );
  }
  return (
    <div className="card card-flush">
      <Table
        caption="Dead deliveries"
        rows={page.items}
        keyOf={(row) => `${row.consumer} ${row.eventId}`}
        columns={[
          { title: 'Event', lead: true, cell: (row) => <Name row={row} /> },
          { title: 'Consumer', cell: (row) => <span className="mono">{row.consumer}</span> },
          { title: 'Reason', cell: (row) => <div className="wide">{row.reason}</div> },
          { title: 'Attempts', cell: (row) => <span className="number">{row.attempts}</span> },
          { title: 'Given up', cell: (row) => <When at={row.diedAt} /> },
          { title: 'Actions', actions: true, cell: (row) => mayWrite && <Actions row={row} /> },
        ]}
      />
      {page.total > page.items.length && (
        <p className="table-foot small dim">
          The newest {page.items.length} of {counted(page.total, 'delivery', 'deliveries')}.
        </p>
      )}
    </div>
  );
}

function Name({ row }: { readonly row: DeadDelivery }) {
  return (
    <>
      <span className="strong mono">{row.eventType}</span>
      <div className="mono small dim">{row.eventId}</div>
    </>
  );
}

function Actions({ row }: { readonly row: DeadDelivery }) {
  const decide = useWrite(['deliveries']);
  const tell = useTell();
  const path = pathOf('deliveries', row.consumer, encodeURIComponent(row.eventId));
  const send = (action: 'replay' | 'drop', words: string, close: () => void) =>
    decide.mutate({
      method: 'POST',
      path,
      body: { action },
      done: () => {
        close();
        tell(words);
      },
    });
  return (
    <div className="stack-close">
      <div className="row row-end">
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={14} aria-hidden />}
          aria-label={`Replay ${row.eventType} ${row.eventId}`}
          loading={decide.isPending}
          onClick={() =>
            send('replay', 'Replay asked for. Should it fail again, it comes back.', () => undefined)
          }
        >
          Replay
        </Button>
        <Confirm
          label="Drop"
          name={`Drop ${row.eventType} ${row.eventId}`}
          size="xs"
          question="Drop this event?"
          act="Drop"
          pending={decide.isPending}
          problem={decide.error}
          onConfirm={(close) => send('drop', 'Dropped.', close)}
        >
          {row.consumer} will never see this {row.eventType}.
        </Confirm>
      </div>
      {decide.error && <ProblemNote problem={decide.error} />}
    </div>
  );
}
