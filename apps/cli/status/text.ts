// The answer as a person reads it in a terminal.
import { printed } from '../printed.js';
import { styled, tableOf, type Cell } from '../table.js';
import type { StatusAnswer } from './answer.js';

type Service = StatusAnswer['services'][number];
type Instance = Service['instances'][number];

const states: Readonly<Record<Instance['state'], Cell>> = {
  ready: { text: 'ready', style: 'green' },
  notReady: { text: 'NOT READY', style: 'yellow' },
  notHeard: { text: 'NOT HEARD', style: 'red' },
  stopped: { text: 'stopped', style: 'dim' },
};
const none = '-';

export function textOf(status: StatusAnswer): string {
  const { services, queues, troubles } = status;
  const parts = [
    serviceTable(status),
    tableOf(
      [{ title: 'QUEUE' }, { title: 'DEPTH', right: true }, { title: 'OLDEST', right: true }],
      queues.map(({ queue, depth, oldestAgeMs }) => [
        queue,
        depth === null ? '?' : `${depth}`,
        ageOf(oldestAgeMs),
      ]),
    ),
    taskTable(services),
    troubles.length === 0
      ? [styled('green', 'All is well.')]
      : [
          styled(['red', 'bold'], `To be looked at: ${troubles.length}`),
          ...troubles.map((trouble) => `  ! ${printed(trouble)}`),
        ],
  ];
  return parts
    .filter((lines) => lines.length > 1 || lines[0] !== undefined)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function serviceTable({ services, at }: StatusAnswer): readonly string[] {
  const columns = ['SERVICE', 'INSTANCE', 'STATE', 'UP', 'HEARD', 'PARKED', 'DEAD', 'OUTBOX', 'SPOOL'].map(
    (title, place) => ({ title, right: place > 2 }),
  );
  return tableOf(
    columns,
    services.flatMap((service) => rowsOf(service, Date.parse(at))),
  );
}

/** The numbers of a service stand in the row of its first instance. */
function rowsOf(service: Service, now: number): readonly (readonly (string | Cell)[])[] {
  const { parked, outbox, spool, instances } = service;
  const numbers = [
    parked ? `${parked.waiting}` : none,
    !parked ? none : parked.dead === 0 ? '0' : { text: `${parked.dead}`, style: 'red' as const },
    outbox ? `${outbox.waiting}` : none,
    spool ? `${spool.announcements}` : none,
  ];
  const missing: Cell = { text: 'NO INSTANCE', style: 'red' };
  if (instances.length === 0) return [[service.service, none, missing, none, none, ...numbers]];
  return instances.map((each, at) => [
    at === 0 ? service.service : '',
    each.instance,
    each.replaced ? { text: `${states[each.state].text}, replaced`, style: 'dim' } : states[each.state],
    each.state === 'ready' || each.state === 'notReady' ? ageOf(now - Date.parse(each.startedAt)) : none,
    ageOf(now - Date.parse(each.heardAt)),
    ...(at === 0 ? numbers : []),
  ]);
}

function taskTable(services: readonly Service[]): readonly string[] {
  const rows = services.flatMap(({ service, budgets }) =>
    budgets.map(({ budget, running, queued, max }) => [
      `${service} ${budget}`,
      `${running}`,
      `${queued}`,
      max === null ? '?' : `${max}`,
    ]),
  );
  if (rows.length === 0) return [];
  const columns = ['TASKS', 'RUNNING', 'QUEUED', 'MAX'].map((title, place) => ({ title, right: place > 0 }));
  return tableOf(columns, rows);
}

/** In the largest unit that says enough. */
export function ageOf(ms: number | null): string {
  if (ms === null) return none;
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
