import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAudit } from '../../api/queries.js';
import type { AuditEntry } from '../../api/types.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { Pager } from '../../parts/pager.js';
import { Pill } from '../../parts/pill.js';
import { Table } from '../../parts/table.js';
import { Exactly } from '../../parts/when.js';
import { Asked, Decided, Detail, Task } from './audit-detail.js';
import { counted } from '../../words.js';

/** Newest first. */
export function Audit() {
  const [trail, setTrail] = useState<readonly string[]>([]);
  const audit = useAudit(trail.at(-1));
  return (
    <section className="card card-flush" aria-labelledby="audit">
      <div className="card-head">
        <h2 id="audit">Audit log</h2>
      </div>
      <Loaded query={audit}>
        {({ items, next, total }) =>
          items.length === 0 ? (
            <Nothing title="Nothing was recorded yet" />
          ) : (
            <>
              <Entries entries={items} />
              <Pager
                label={counted(total, 'entry', 'entries')}
                onFirst={trail.length > 0 ? () => setTrail([]) : null}
                onPrevious={() => setTrail(trail.slice(0, -1))}
                onNext={next === null ? null : () => setTrail([...trail, next])}
              />
            </>
          )
        }
      </Loaded>
    </section>
  );
}

function Entries({ entries }: { readonly entries: readonly AuditEntry[] }) {
  return (
    <Table
      caption="Audit log, newest first"
      rows={entries}
      keyOf={(entry) => entry.id}
      columns={[
        { title: 'When', lead: true, cell: (entry) => <Exactly at={entry.at} /> },
        { title: 'Who', cell: (entry) => entry.who },
        { title: 'What', cell: (entry) => <span className="mono">{entry.action}</span> },
        { title: 'On', cell: (entry) => <On entry={entry} /> },
        { title: 'Detail', cell: (entry) => <Said entry={entry} /> },
        { title: 'From', cell: (entry) => <span className="mono">{entry.from ?? '–'}</span> },
        { title: 'Outcome', cell: (entry) => <Outcome outcome={entry.outcome} /> },
      ]}
    />
  );
}

function On({ entry: { target, device } }: { readonly entry: AuditEntry }) {
  const group = /^group:([a-z0-9-]+)$/.exec(target ?? '')?.[1];
  if (device)
    return (
      <div className="wide">
        {device.listed ? (
          <Link to="/devices/$id" params={{ id: device.id }} className="mono">
            {device.serial}
          </Link>
        ) : (
          <span className="mono">{device.serial}</span>
        )}
        <div className="small dim">{device.listed ? device.model : 'deleted'}</div>
      </div>
    );
  return (
    <div className="wide mono">
      {group === undefined ? (
        (target ?? '–')
      ) : (
        <Link to="/groups/$id" params={{ id: group }}>
          {target}
        </Link>
      )}
    </div>
  );
}

function Said({ entry }: { readonly entry: AuditEntry }) {
  const { id, detail, decided, device, devices, devicesKept, taskId } = entry;
  return (
    <>
      <Detail detail={detail} />
      {decided ? <Decided id={id} decided={decided} /> : null}
      {devices && devicesKept && !device ? <Asked id={id} devices={devices} /> : null}
      {device && taskId !== null && (
        <div className="wide small">
          <Task id={taskId} />
        </div>
      )}
      {!devicesKept && (
        <div className="wide small dim">
          {device
            ? 'its task is kept no longer'
            : `${counted(devices ?? 0, 'device')}: which ones is kept no longer`}
        </div>
      )}
    </>
  );
}

function Outcome({ outcome }: { readonly outcome: AuditEntry['outcome'] }) {
  if (outcome === 'refused') return <Pill tone="warn">Refused</Pill>;
  return outcome === 'done' ? <>Done</> : <>Asked</>;
}
