// The answer as a person reads it in a terminal.
import { stripVTControlCharacters } from 'node:util';
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

/** @param width of the terminal; null: names stand whole, however long */
export function textOf(status: StatusAnswer, width: number | null = null): string {
  const { services, queues, troubles } = status;
  const parts = [
    serviceTable(status, width),
    tableOf(
      [{ title: 'QUEUE' }, { title: 'DEPTH', right: true }, { title: 'OLDEST', right: true }],
      queues.map(({ queue, depth, oldestAgeMs }) => [
        queue,
        depth === null ? '?' : `${depth}`,
        // Only a reader knows the age of what waits.
        depth === 0 || oldestAgeMs !== null ? ageOf(oldestAgeMs) : '?',
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

const instanceColumn = 1;
const instanceMin = 8;

function serviceTable({ services, at }: StatusAnswer, width: number | null): readonly string[] {
  const columns = ['SERVICE', 'INSTANCE', 'STATE', 'UP', 'HEARD', 'PARKED', 'DEAD', 'OUTBOX', 'SPOOL'].map(
    (title, place) => ({ title, right: place > 2 }),
  );
  const rows = services.flatMap((service) => rowsOf(service, Date.parse(at)));
  const whole = tableOf(columns, rows);
  const widest = Math.max(...rows.map((row) => lengthOf(row[instanceColumn])));
  const over =
    width === null ? 0 : Math.max(...whole.map((line) => stripVTControlCharacters(line).length)) - width;
  if (over <= 0) return whole;
  const max = Math.max(instanceMin, widest - over);
  return tableOf(
    columns,
    rows.map((row) => row.map((cell, place) => (place === instanceColumn ? endOf(cell, max) : cell))),
  );
}

const lengthOf = (cell: string | Cell | undefined): number =>
  typeof cell === 'string' ? cell.length : (cell?.text.length ?? 0);

/** The end of a name tells instances of one service apart. */
const endOf = (cell: string | Cell, max: number): string | Cell =>
  typeof cell === 'string' && cell.length > max ? `…${cell.slice(1 - max)}` : cell;

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
    each.replaced ? { text: 'replaced', style: 'dim' } : states[each.state],
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
