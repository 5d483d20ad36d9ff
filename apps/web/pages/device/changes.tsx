// What Muster changed on a device, and what the newest dry run says that it would change.
import { IconArrowBackUp } from '@tabler/icons-react';
import { useState } from 'react';
import { useChanges } from '../../api/queries.js';
import type { Change, ChangedTask, DeviceDetail, DryRun } from '../../api/types.js';
import { pathOf, useWrite } from '../../api/writes.js';
import { BecauseOf } from '../../parts/because-of.js';
import { Confirm } from '../../parts/confirm.js';
import { FromTo, useEntries } from '../../parts/from-to.js';
import { Pager } from '../../parts/pager.js';
import { Table } from '../../parts/table.js';
import { Exactly, When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';
import { counted, words } from '../../words.js';

/** By whole tasks, the newest first: each is put back whole. */
export function Changes({ device }: { readonly device: DeviceDetail }) {
  const [trail, setTrail] = useState<readonly string[]>([]);
  const { items = [], total = 0, next = null } = useChanges(device.id, trail.at(-1)).data ?? {};
  if (total === 0) return null;
  return (
    <section className="card card-flush" aria-labelledby="changes">
      <div className="card-head">
        <h2 id="changes">Changes</h2>
        <p className="dim">What Muster has changed on this device, the newest first.</p>
      </div>
      {items.map((task, nth) => (
        <Changed key={task.taskId} device={device} task={task} open={nth === 0} />
      ))}
      <Pager
        label={`${counted(total, 'task')} changed something`}
        onFirst={trail.length > 0 ? () => setTrail([]) : null}
        onPrevious={() => setTrail(trail.slice(0, -1))}
        onNext={next === null ? null : () => setTrail([...trail, next])}
      />
    </section>
  );
}

interface OfTask {
  readonly device: DeviceDetail;
  readonly task: ChangedTask;
}

function Changed({ device, task, open }: OfTask & { readonly open: boolean }) {
  const entryOf = useEntries();
  const { taskId, at, undoes, cause, changes } = task;
  return (
    <section className="table-foot" aria-labelledby={`task-${taskId}`}>
      <div className="row row-apart">
        <div>
          <h3 id={`task-${taskId}`}>
            {undoes.length > 0 && 'Put back: '}
            <Exactly at={at} />
          </h3>
          <p className="small dim">
            <BecauseOf cause={cause} />
          </p>
        </div>
        <Undo device={device} task={task} />
      </div>
      <details open={open}>
        <summary className="small">{counted(changes.length, 'setting')}</summary>
        <Table
          caption="Changes"
          rows={changes}
          keyOf={({ setting }) => setting}
          columns={[
            { title: 'Setting', lead: true, cell: ({ title }) => <span className="strong">{title}</span> },
            {
              title: 'Before → after',
              cell: (change) => <FromTo from={change.before} to={change.after} entry={entryOf(change)} />,
            },
            { title: 'Over', cell: ({ driver }) => words.driver[driver] },
            { title: 'State', cell: stateOf },
          ]}
        />
      </details>
    </section>
  );
}

const stateOf = ({ undoneBy, verified }: Change): string =>
  undoneBy === null ? (verified ? 'Verified' : 'Not seen since') : 'Undone';

function Undo({ device, task: { taskId, changes } }: OfTask) {
  const undo = useWrite(['devices', 'changes', 'tasks']);
  const mayWrite = useMayWrite();
  const tell = useTell();
  const left = changes.filter(({ undoneBy, secret }) => undoneBy === null && !secret);
  const [one] = left;
  if (!mayWrite || !one) return null;
  return (
    <Confirm
      label="Undo"
      name={`Undo ${counted(left.length, 'change')}: ${one.title}`}
      question={`Put back ${counted(left.length, 'setting')}?`}
      act="Put back"
      size="xs"
      leftSection={<IconArrowBackUp size={14} aria-hidden />}
      pending={undo.isPending}
      problem={undo.error}
      onConfirm={(close) =>
        undo.mutate({
          method: 'POST',
          path: pathOf('devices', device.id, 'undo'),
          body: { taskId },
          done: () => {
            close();
            tell('Asked for. What became of it appears here by itself.');
          },
        })
      }
    >
      Each setting is written back as it was before this task, where the device still says what Muster had
      written. Secrets are not put back. While Allow Automatic Remediation is on, the next assessment applies
      the policy again.
    </Confirm>
  );
}

export function DryRunCard({ run }: { readonly run: DryRun | null }) {
  const entryOf = useEntries();
  if (!run) return null;
  const { changes, finishedAt, policies, outcome, detail } = run;
  const read = outcome === 'compliant' || outcome === 'nonCompliant';
  const names = policies.map(({ name, version }) => `${name} (version ${version})`).join(', ');
  return (
    <section className="card card-flush" aria-labelledby="dry-run">
      <div className="card-head">
        <h2 id="dry-run">Last dry run</h2>
        <p className="dim">
          <When at={finishedAt} /> against {names || 'no policy'}.{' '}
          {read
            ? `${counted(changes.length, 'setting')} would be changed; nothing was.`
            : `${words.assessmentOutcome[outcome]}${detail === null ? '.' : ':'}`}{' '}
          {detail}
        </p>
      </div>
      {changes.length > 0 && (
        <Table
          caption="What would be changed"
          rows={changes}
          keyOf={({ setting }) => setting}
          columns={[
            { title: 'Setting', lead: true, cell: ({ title }) => <span className="strong">{title}</span> },
            {
              title: 'Now → then',
              cell: (change) => <FromTo from={change.before} to={change.after} entry={entryOf(change)} />,
            },
            { title: 'Over', cell: ({ driver }) => (driver === null ? '–' : words.driver[driver]) },
          ]}
        />
      )}
    </section>
  );
}
