import type { QueueStatus } from '../../api/types.js';
import { Table } from '../../parts/table.js';
import { count } from '../../words.js';
import { ageOf } from './age.js';

/** What waits on the way from one service to the next. */
export function Queues({ queues }: { readonly queues: readonly QueueStatus[] }) {
  return (
    <section className="card card-flush" aria-labelledby="queues">
      <h2 id="queues" className="table-head">
        Queues
      </h2>
      <Table
        caption="Queues"
        rows={queues}
        keyOf={({ queue }) => queue}
        columns={[
          { title: 'Queue', lead: true, cell: ({ queue }) => <span className="mono">{queue}</span> },
          { title: 'Waiting', cell: ({ depth }) => <Depth depth={depth} /> },
          { title: 'Oldest', cell: (queue) => <Oldest queue={queue} /> },
        ]}
      />
    </section>
  );
}

/** Only a reader knows the age of what waits. */
function Oldest({ queue: { depth, oldestAgeMs } }: { readonly queue: QueueStatus }) {
  if (oldestAgeMs !== null) return ageOf(oldestAgeMs);
  return depth === 0 ? '–' : '?';
}

function Depth({ depth }: { readonly depth: number | null }) {
  if (depth === null) return <span className="dim">not known</span>;
  return <span className={depth > 0 ? 'number strong' : 'number dim'}>{count(depth)}</span>;
}
