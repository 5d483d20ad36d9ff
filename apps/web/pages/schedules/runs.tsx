import type { Page, RunRow } from '../../api/types.js';
import { pathOf, useWrite } from '../../api/writes.js';
import { Bar } from '../../parts/bar.js';
import { Confirm } from '../../parts/confirm.js';
import { Pill, type Tone } from '../../parts/pill.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { count, counted, words } from '../../words.js';

const tones: Readonly<Record<RunRow['state'], Tone>> = {
  filling: 'busy',
  running: 'busy',
  ending: 'warn',
  done: 'good',
  cancelled: 'calm',
  stopped: 'bad',
  missed: 'warn',
};

export const RunState = ({ run: { state } }: { readonly run: RunRow }) => (
  <Pill tone={tones[state]}>{words.runState[state]}</Pill>
);

export function Runs({ page: { items, total } }: { readonly page: Page<RunRow> }) {
  if (items.length === 0) return null;
  return (
    <div className="card card-flush">
      <Table
        caption="Runs"
        rows={items}
        keyOf={({ id }) => id}
        columns={[
          { title: 'Run of', lead: true, cell: (run) => <Began run={run} /> },
          { title: 'State', cell: (run) => <RunState run={run} /> },
          { title: 'Progress', cell: (run) => <Progress run={run} /> },
          { title: 'Stop', actions: true, cell: (run) => <Stop run={run} /> },
        ]}
      />
      {total > items.length && (
        <p className="table-foot small dim">
          The newest {items.length} of {counted(total, 'run')}.
        </p>
      )}
    </div>
  );
}

function Began({ run: { name, beganAt, requestedBy, stage, stages, detail } }: { readonly run: RunRow }) {
  return (
    <>
      <span className="strong">{name}</span>
      <div className="small dim">
        <When at={beganAt} />
        {requestedBy !== null && `, asked for by ${requestedBy}`}
        {stages > 1 && `, stage ${stage} of ${stages}`}
        {detail !== null && `: ${detail}`}
      </div>
    </>
  );
}

function Progress({ run }: { readonly run: RunRow }) {
  const failed = run.failed + run.unreachable;
  const others = run.skipped + run.cancelled;
  const told: readonly (readonly [number, string])[] = [
    [run.compliant, 'compliant'],
    [run.nonCompliant, 'not compliant'],
    [failed, 'failed or not reached'],
    [run.skipped, 'skipped'],
    [run.cancelled, 'cancelled'],
    [run.running, 'under way'],
    [run.waiting, 'waiting'],
  ];
  return (
    <div className="wide stack-close">
      <Bar
        total={run.devices}
        shares={[
          { key: 'compliant', tone: 'good', amount: run.compliant },
          { key: 'nonCompliant', tone: 'warn', amount: run.nonCompliant },
          { key: 'failed', tone: 'bad', amount: failed },
          { key: 'others', tone: 'calm', amount: others },
        ]}
      />
      <span className="small">
        {told
          .filter(([amount]) => amount > 0)
          .map(([amount, what]) => `${count(amount)} ${what}`)
          .join(', ') || 'no devices'}
      </span>
    </div>
  );
}

function Stop({ run }: { readonly run: RunRow }) {
  const mayWrite = useMayWrite();
  const cancel = useWrite(['runs', 'schedules']);
  if (!mayWrite || run.endedAt !== null || run.state === 'ending') return null;
  return (
    <Confirm
      label="Stop"
      name={`Stop the run of ${run.name}`}
      question={`Stop this run of ${run.name}?`}
      act="Stop it"
      size="xs"
      pending={cancel.isPending}
      problem={cancel.error}
      onConfirm={(close) =>
        cancel.mutate({ method: 'POST', path: pathOf('runs', run.id, 'cancel'), done: close })
      }
    >
      Nothing more is written to any of its devices; what waits is asked no more. What was changed stays.
    </Confirm>
  );
}
