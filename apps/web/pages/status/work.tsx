import { Link } from '@tanstack/react-router';
import type { ServiceStatus } from '../../api/types.js';
import { Table } from '../../parts/table.js';
import { count, wordFor, words } from '../../words.js';
import { ageOf } from './age.js';

/** What each service has in hand: failed deliveries, events and announcements on their way to the broker, tasks. */
export function Work({ services }: { readonly services: readonly ServiceStatus[] }) {
  return (
    <section className="card card-flush" aria-labelledby="work">
      <h2 id="work" className="table-head">
        In hand
      </h2>
      <Table
        caption="What each service has in hand"
        rows={services}
        keyOf={({ service }) => service}
        columns={[
          {
            title: 'Service',
            lead: true,
            cell: ({ service }) => <span className="strong">{wordFor(words.service, service)}</span>,
          },
          { title: 'To be tried again', cell: ({ parked }) => amount(parked?.waiting) },
          { title: 'Dead', cell: ({ parked }) => <Dead dead={parked?.dead} /> },
          { title: 'Outbox', cell: ({ outbox }) => amount(outbox?.waiting, outbox?.oldestAgeMs) },
          { title: 'Spool', cell: ({ spool }) => <Spool spool={spool} /> },
          { title: 'Tasks', cell: ({ budgets }) => <Tasks budgets={budgets} /> },
        ]}
      />
    </section>
  );
}

function amount(number: number | undefined, oldestAgeMs: number | null = null): string {
  if (number === undefined) return '–';
  return number > 0 && oldestAgeMs !== null ? `${count(number)}, for ${ageOf(oldestAgeMs)}` : count(number);
}

function Dead({ dead }: { readonly dead: number | undefined }) {
  if (!dead) return amount(dead);
  return <Link to="/deliveries">{count(dead)}, for a person</Link>;
}

function Spool({ spool }: Pick<ServiceStatus, 'spool'>) {
  if (!spool) return '–';
  const { announcements, bytes, bytesMax, oldestAgeMs } = spool;
  const full = bytesMax ? `${Math.ceil((100 * bytes) / bytesMax)} % full` : '';
  return (
    <>
      {amount(announcements, oldestAgeMs)} {bytes > 0 && <span className="small dim">{full}</span>}
    </>
  );
}

function Tasks({ budgets }: Pick<ServiceStatus, 'budgets'>) {
  if (budgets.length === 0) return '–';
  return (
    <ul className="plain-list">
      {budgets.map(({ budget, running, queued, max }) => (
        <li key={budget}>
          {wordFor(words.budget, budget)}: {count(running)} of {max === null ? '?' : count(max)} running,{' '}
          {count(queued)} waiting
        </li>
      ))}
    </ul>
  );
}
