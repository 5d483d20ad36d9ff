import { Alert } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useOverview, useTroubles } from '../../api/queries.js';
import type { DeviceStatus, Overview } from '../../api/types.js';
import { Bar } from '../../parts/bar.js';
import { Loaded } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { statusLook } from '../../parts/pill.js';
import { count, counted, words } from '../../words.js';
import { NextStep } from './next-step.js';
import { SeatsCard, SwitchesCard, TasksCard } from './cards.js';

export function OverviewPage() {
  const overview = useOverview();
  return (
    <div className="stack">
      <PageHead title="Overview">Your fleet at a glance.</PageHead>
      <Troubles />
      <Loaded query={overview}>
        {(data) => (
          <>
            {(data.devices === 0 || !data.acceptAnnouncements) && <NextStep overview={data} />}
            {data.devices > 0 && <Compliance overview={data} />}
            <div className="columns">
              <SwitchesCard overview={data} />
              <SeatsCard seats={data.seats} />
              <TasksCard tasks={data.tasks} />
            </div>
          </>
        )}
      </Loaded>
    </div>
  );
}

/** Of Muster itself, in one line: the page Status has them all. */
function Troubles() {
  const troubles = useTroubles();
  if (troubles === 0) return null;
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />}>
      {counted(troubles, 'thing needs', 'things need')} a look in Muster itself:{' '}
      <Link to="/status">Status</Link>
    </Alert>
  );
}

/** In the order of the bar: what is well, what needs a person, what is on its way. */
const shown: readonly DeviceStatus[] = [
  'compliant',
  'nonCompliant',
  'failed',
  'unreachable',
  'conflicted',
  'unlicensed',
  'assessing',
  'unassessed',
];
/** Shown even at zero: their absence is news. */
const alwaysShown: readonly DeviceStatus[] = ['compliant', 'nonCompliant', 'unreachable', 'unassessed'];

function Compliance({ overview }: { readonly overview: Overview }) {
  const figures = shown.map((status) => ({ status, amount: overview[status] ?? 0, ...statusLook[status] }));
  const percent = Math.floor((100 * overview.compliant) / overview.devices);
  return (
    <section className="stack" aria-label="Devices">
      <div className="card">
        <div className="row row-apart">
          <h2>
            {count(overview.compliant)} of <Link to="/devices">{count(overview.devices)} devices</Link>{' '}
            compliant
          </h2>
          <span className="dim number">{percent} %</span>
        </div>
        <Bar
          total={overview.devices}
          shares={figures.map(({ status, amount, tone }) => ({ key: status, amount, tone }))}
        />
      </div>
      <div className="figures">
        {figures
          .filter(({ status, amount }) => amount > 0 || alwaysShown.includes(status))
          .map(({ status, amount, tone, icon: Sign }) => (
            <Link
              key={status}
              to="/devices"
              search={{ status }}
              className="figure"
              data-tone={amount > 0 ? tone : ''}
            >
              <strong>{count(amount)}</strong>
              <span>
                <Sign size={15} aria-hidden /> {words.status[status]}
              </span>
              {status === 'unassessed' && overview.putBack > 0 && (
                <span className="small dim">{count(overview.putBack)} of them put back</span>
              )}
            </Link>
          ))}
      </div>
    </section>
  );
}
