import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useDiscoveries, useSettings } from '../../api/queries.js';
import type { DiscoveryRun, Page } from '../../api/types.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { Pager } from '../../parts/pager.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { count, counted } from '../../words.js';
import { LookFor } from './look-for.js';
import { Progress, RunState } from './progress.js';

export function Discovery() {
  const mayWrite = useMayWrite();
  const [trail, setTrail] = useState<readonly string[]>([]);
  const runs = useDiscoveries(trail.at(-1));
  return (
    <div className="stack">
      <PageHead title="Discovery">
        Printers that do not announce themselves: asked at the addresses, ranges and host names that you name,
        or where they answer to multicast, inside the <Networks />. What they say is judged as an announcement
        is.
      </PageHead>
      {mayWrite && <LookFor />}
      <Loaded query={runs}>{(page) => <Runs page={page} trail={trail} setTrail={setTrail} />}</Loaded>
    </div>
  );
}

function Networks() {
  const networks = useSettings().data?.body.deviceNetworks ?? [];
  return (
    <>
      <Link to="/settings">device networks</Link>
      {networks.length > 0 && networks.length <= 4 && ` (${networks.join(', ')})`}
    </>
  );
}

interface RunsProps {
  readonly page: Page<DiscoveryRun>;
  readonly trail: readonly string[];
  readonly setTrail: (trail: readonly string[]) => void;
}

function Runs({ page: { items, next, total }, trail, setTrail }: RunsProps) {
  if (items.length === 0) {
    return (
      <div className="card">
        <Nothing title="Nothing was looked for yet">
          Each list that you send appears here with its progress.
        </Nothing>
      </div>
    );
  }
  return (
    <div className="card card-flush">
      <Table
        caption="Discoveries"
        rows={items}
        keyOf={(run) => run.id}
        columns={[
          { title: 'Asked for', lead: true, cell: (run) => <Asked run={run} /> },
          { title: 'State', cell: (run) => <RunState run={run} /> },
          { title: 'Progress', cell: (run) => <Progress run={run} /> },
          { title: 'By', cell: (run) => run.askedBy },
        ]}
      />
      <Pager
        label={counted(total, 'discovery', 'discoveries')}
        onFirst={trail.length > 0 ? () => setTrail([]) : null}
        onPrevious={() => setTrail(trail.slice(0, -1))}
        onNext={next === null ? null : () => setTrail([...trail, next])}
      />
    </div>
  );
}

function Asked({ run }: { readonly run: DiscoveryRun }) {
  return (
    <>
      <Link to="/discovery/$id" params={{ id: run.id }} className="strong">
        {run.first ?? counted(run.entries, 'entry', 'entries')}
      </Link>
      {run.first !== null && run.entries > 1 && ` and ${count(run.entries - 1)} more`}
      <div className="small dim">
        {counted(run.total, 'address', 'addresses')}, <When at={run.askedAt} />
      </div>
    </>
  );
}
