import { Link } from '@tanstack/react-router';
import { IconClock, IconLoader } from '@tabler/icons-react';
import { useTasks } from '../../api/queries.js';
import { pathOf, useWrite } from '../../api/writes.js';
import type { Page, TaskRow } from '../../api/types.js';
import { BecauseOf } from '../../parts/because-of.js';
import { Confirm } from '../../parts/confirm.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { Pill } from '../../parts/pill.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';
import { counted, words } from '../../words.js';

export function Tasks() {
  const tasks = useTasks();
  return (
    <div className="stack">
      <PageHead title="Tasks">
        Work going on now: instant-on tasks of one device each, and devices of schedules that are being read.
      </PageHead>
      <Loaded query={tasks}>{(page) => <List page={page} />}</Loaded>
    </div>
  );
}

function List({ page }: { readonly page: Page<TaskRow> }) {
  if (page.items.length === 0) {
    return (
      <div className="card">
        <Nothing title="No task is active">
          Tasks appear here while devices wait for their assessment or are read.
        </Nothing>
      </div>
    );
  }
  return (
    <div className="card card-flush">
      <Table
        caption="Active tasks"
        rows={page.items}
        keyOf={(task) => task.id}
        columns={[
          { title: 'Device', lead: true, cell: (task) => <Device task={task} /> },
          { title: 'What', cell: ({ mode = 'assess' }) => words.taskMode[mode] },
          { title: 'State', cell: (task) => <State task={task} /> },
          { title: 'Because of', cell: ({ cause }) => <BecauseOf cause={cause} /> },
          {
            title: 'Policies',
            cell: (task) => task.policies.map((policy) => policy.name).join(', ') || 'none',
          },
          { title: 'Waiting since', cell: (task) => <When at={task.queuedAt} never="–" /> },
          { title: 'Running since', cell: (task) => <When at={task.startedAt} never="–" /> },
          { title: 'Stop', actions: true, cell: (task) => <Stop task={task} /> },
        ]}
      />
      {page.total > page.items.length && (
        <p className="table-foot small dim">
          The first {page.items.length} of {counted(page.total, 'task')}.
        </p>
      )}
    </div>
  );
}

function Stop({ task }: { readonly task: TaskRow }) {
  const stop = useWrite(['tasks', 'devices']);
  const mayWrite = useMayWrite();
  const tell = useTell();
  if (!mayWrite) return null;
  return (
    <Confirm
      label="Stop"
      name={`Stop ${task.serial}`}
      question={`Stop what is under way for ${task.serial}?`}
      act="Stop"
      size="xs"
      pending={stop.isPending}
      problem={stop.error}
      onConfirm={(close) =>
        stop.mutate({
          method: 'POST',
          path: pathOf('devices', task.deviceId, 'cancel'),
          done: () => {
            close();
            tell(`Asked to stop. Nothing more is written to ${task.serial}.`);
          },
        })
      }
    >
      What waits is dropped, and what runs writes nothing more. What it has changed by then stays, and can be
      undone on the page of the device.
    </Confirm>
  );
}

function Device({ task }: { readonly task: TaskRow }) {
  return (
    <>
      <Link to="/devices/$id" params={{ id: task.deviceId }} className="strong">
        {task.serial}
      </Link>
      <div className="small dim">
        {task.hostname} <span className="mono">{task.ip}</span>
      </div>
    </>
  );
}

function State({ task }: { readonly task: TaskRow }) {
  if (task.state === 'queued') {
    return (
      <Pill tone="calm" icon={IconClock}>
        Waiting
      </Pill>
    );
  }
  return (
    <Pill tone="busy" icon={IconLoader}>
      {task.attempt > 1 ? `Running, attempt ${task.attempt}` : 'Running'}
    </Pill>
  );
}
