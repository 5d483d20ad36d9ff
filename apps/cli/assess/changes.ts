// muster changes: what Muster has changed on a device.
import type { Command } from '../command-line.js';
import { jsonOf } from '../printed.js';
import { secondOf } from '../said.js';
import { tableOf } from '../table.js';
import { clientOf, readWords } from '../words.js';
import { changedOn, deviceOf, said, type ChangedTask } from './device.js';

const columns = ['When', 'Task', 'Because of', 'Setting', 'Before', 'After', 'Over', 'State'].map(
  (title) => ({ title }),
);

export const changes: Command = {
  help: `muster changes DEVICE
  What Muster has changed on a device (serial number or id), the newest task first. Its TASK goes into muster undo.`,
  run: async (words) => {
    const { values, positionals } = readWords(words, {});
    const client = clientOf(values);
    const { id } = await deviceOf(client, positionals);
    const tasks: ChangedTask[] = [];
    for await (const task of changedOn(client, id)) tasks.push(task);
    const rows = tasks.flatMap(({ taskId, cause, changes: made }) =>
      made.map(({ at, title, before, after, driver, verified, undoneBy }) => {
        const state = undoneBy === null ? (verified ? 'verified' : 'not seen since') : 'undone';
        return [
          secondOf(at),
          taskId,
          becauseOf(cause),
          title,
          said(before),
          said(after),
          driver ?? '-',
          state,
        ];
      }),
    );
    const lines = values.json ? tasks.map((task) => jsonOf(task)) : tableOf(columns, rows);
    if (tasks.length === 0 && !values.json) process.stdout.write('Muster has changed nothing on it.\n');
    else process.stdout.write(`${lines.join('\n')}\n`);
    return 0;
  },
};

/** Who or what it was for. */
function becauseOf(cause: ChangedTask['cause']): string {
  if (!cause) return '-';
  const { trigger, requestedBy, run } = cause;
  const what = run ? `schedule ${run.name}` : (triggers.get(trigger) ?? trigger);
  const who = requestedBy.join(', ');
  if (who === '') return what;
  return trigger === 'requested' && !run ? who : `${what}, ${who}`;
}

const triggers: ReadonlyMap<string, string> = new Map([
  ['announced', 'announcement'],
  ['discovered', 'discovery'],
  ['refresh', 'group refresh'],
  ['filterEdited', 'group filter edited'],
  ['policyEdited', 'policy edited'],
  ['seatFreed', 'seat freed'],
  ['requested', 'an operator'],
]);
