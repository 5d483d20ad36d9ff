import { Link } from '@tanstack/react-router';
import type { Overview, Seats } from '../../api/types.js';
import { Bar } from '../../parts/bar.js';
import { OnOffPill } from '../../parts/shown.js';
import { count, counted } from '../../words.js';

export function SwitchesCard({ overview }: { readonly overview: Overview }) {
  return (
    <section className="card" aria-labelledby="switches">
      <h2 id="switches">Instant-On</h2>
      <ul className="plain-list stack-close">
        <Switched label="Accept Device Announcements" on={overview.acceptAnnouncements} />
        <Switched label="Allow Automatic Remediation" on={overview.allowRemediation} />
      </ul>
      <p className="small dim after">
        {remediationWords(overview)} <Link to="/settings">Instant-On settings</Link>
      </p>
    </section>
  );
}

function remediationWords({ acceptAnnouncements, allowRemediation }: Overview): string {
  if (!acceptAnnouncements) return 'Devices that announce themselves are turned away.';
  return allowRemediation
    ? 'Devices that announce themselves are assessed and made compliant.'
    : 'Devices that announce themselves are listed; nothing on them is changed.';
}

function Switched({ label, on }: { readonly label: string; readonly on: boolean }) {
  return (
    <li className="row row-tight row-apart">
      <span>{label}</span>
      <OnOffPill on={on} />
    </li>
  );
}

export function SeatsCard({ seats }: { readonly seats: Seats }) {
  return (
    <section className="card" aria-labelledby="seats">
      <h2 id="seats">Licences</h2>
      <SeatsBar seats={seats} />
      <p className="small dim after">
        <Link to="/licences">Licences</Link>
      </p>
    </section>
  );
}

/** Seats taken of all, and who waits for one. */
export function SeatsBar({ seats: { seats, taken, waiting } }: { readonly seats: Seats }) {
  return (
    <div className="stack-close">
      <p>
        <strong className="number">{count(taken)}</strong> of {counted(seats, 'seat')} taken,{' '}
        {count(seats - taken)} free
      </p>
      <Bar
        total={Math.max(seats, taken)}
        shares={[{ key: 'taken', tone: waiting > 0 ? 'warn' : 'accent', amount: taken }]}
      />
      {waiting > 0 && (
        <p>
          <strong>{counted(waiting, 'device waits', 'devices wait')} for a seat.</strong> Install a licence
          file, or delete devices that are gone.
        </p>
      )}
    </div>
  );
}

export function TasksCard({ tasks }: { readonly tasks: Overview['tasks'] }) {
  return (
    <section className="card" aria-labelledby="tasks">
      <h2 id="tasks">Instant-on tasks</h2>
      <p>
        <strong className="number">{count(tasks.running)}</strong> running,{' '}
        <strong className="number">{count(tasks.queued)}</strong> waiting
      </p>
      <p className="small dim after">
        <Link to="/tasks">Tasks</Link>
      </p>
    </section>
  );
}
