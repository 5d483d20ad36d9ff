import { Link } from '@tanstack/react-router';
import { useGroups, usePolicies, useRuns, useSchedules } from '../../api/queries.js';
import type { Document, ScheduleRow } from '../../api/types.js';
import { pathOf, useWrite } from '../../api/writes.js';
import { Confirm } from '../../parts/confirm.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';
import { wordFor, words } from '../../words.js';
import { RunState, Runs } from './runs.js';

export function Schedules() {
  const schedules = useSchedules();
  const runs = useRuns();
  return (
    <div className="stack">
      <PageHead title="Schedules">
        Assessments of a group that come by themselves. They are written at the command line, by{' '}
        <code>muster schedule set</code>, or by a program. <Link to="/settings">Settings</Link> say how many
        tasks they may have, and stop all that is changed on devices.
      </PageHead>
      <Loaded query={schedules}>{({ items }) => <List rows={items} />}</Loaded>
      <Loaded query={runs}>{(page) => <Runs page={page} />}</Loaded>
    </div>
  );
}

function List({ rows }: { readonly rows: readonly ScheduleRow[] }) {
  const groups = useGroups().data?.items ?? [];
  if (rows.length === 0) {
    return (
      <div className="card">
        <Nothing title="There are no schedules">
          <code>muster schedule set nightly --group all --daily 03:00 --zone Europe/Berlin</code> makes one.
        </Nothing>
      </div>
    );
  }
  return (
    <div className="card card-flush">
      <Table
        caption="Schedules"
        rows={rows}
        keyOf={({ id }) => id}
        columns={[
          { title: 'Schedule', lead: true, cell: (row) => <Named row={row} /> },
          { title: 'Group', cell: ({ body }) => nameIn(groups, body.groupId) },
          { title: 'When', cell: ({ body }) => whenOf(body) },
          {
            title: 'Next',
            cell: ({ body, next }) => (body.enabled ? <When at={next} never="never" /> : 'off'),
          },
          { title: 'Last run', cell: ({ lastRun }) => (lastRun ? <RunState run={lastRun} /> : '–') },
          { title: 'Run', actions: true, cell: (row) => <RunNow row={row} /> },
        ]}
      />
    </div>
  );
}

/** The id, while the name is on its way, or of one that was deleted. */
const nameIn = (all: readonly Document<{ readonly name: string }>[], id: string): string =>
  all.find((one) => one.id === id)?.body.name ?? id;

function Named({ row: { id, body } }: { readonly row: ScheduleRow }) {
  const policies = usePolicies().data?.items ?? [];
  const policy = body.policyId === null ? 'the policies of each device' : nameIn(policies, body.policyId);
  return (
    <>
      <span className="strong">{body.name}</span>
      <div className="small dim">
        {id}: {policy}, {body.remediate ? 'remediates' : 'only reports'}
        {body.rollout && `, by ${body.rollout.stages.join(', ')} %`}
      </div>
    </>
  );
}

function whenOf({ every, from, at, timeZone, weekdays, dayOfMonth }: ScheduleRow['body']): string {
  const days = weekdays.map((day) => wordFor(words.weekday, String(day))).join(', ');
  const which = { once: from, daily: '', weekly: days, monthly: `day ${dayOfMonth ?? ''}` }[every];
  return [words.every[every], which, at, timeZone].filter((part) => part !== '').join(' ');
}

function RunNow({ row: { id, body } }: { readonly row: ScheduleRow }) {
  const run = useWrite(['runs', 'schedules']);
  const mayWrite = useMayWrite();
  const tell = useTell();
  if (!mayWrite) return null;
  return (
    <Confirm
      label="Run now"
      name={`Run ${body.name} now`}
      question={`Run ${body.name} now?`}
      act="Run it"
      actColor="blue"
      size="xs"
      pending={run.isPending}
      problem={run.error}
      onConfirm={(close) =>
        run.mutate({
          method: 'POST',
          path: pathOf('schedules', id, 'run'),
          done: () => {
            close();
            tell('Asked for; the run appears below.');
          },
        })
      }
    >
      {body.remediate
        ? `The devices of ${body.groupId} are assessed, and what differs is changed where that is allowed.`
        : `The devices of ${body.groupId} are assessed; nothing is changed.`}
    </Confirm>
  );
}
