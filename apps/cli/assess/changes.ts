// muster changes: what Muster has changed on a device.
import type { Command } from '../command-line.js';
import { jsonOf } from '../printed.js';
import { secondOf } from '../said.js';
import { tableOf } from '../table.js';
import { clientOf, readWords } from '../words.js';
import { changedOn, deviceOf, said, type ChangedTask } from './device.js';

const columns = ['When', 'Task', 'Setting', 'Before', 'After', 'Over', 'State'].map((title) => ({ title }));

export const changes: Command = {
  help: `muster changes DEVICE
  What Muster has changed on a device (serial number or id), the newest task first. Its TASK goes into muster undo.`,
  run: async (words) => {
    const { values, positionals } = readWords(words, {});
    const client = clientOf(values);
    const { id } = await deviceOf(client, positionals);
    const tasks: ChangedTask[] = [];
    for await (const task of changedOn(client, id)) tasks.push(task);
    const rows = tasks.flatMap(({ taskId, changes: made }) =>
      made.map(({ at, title, before, after, driver, verified, undoneBy }) => {
        const state = undoneBy === null ? (verified ? 'verified' : 'not seen since') : 'undone';
        return [secondOf(at), taskId, title, said(before), said(after), driver ?? '-', state];
      }),
    );
    const lines = values.json ? tasks.map((task) => jsonOf(task)) : tableOf(columns, rows);
    if (tasks.length === 0 && !values.json) process.stdout.write('Muster has changed nothing on it.\n');
    else process.stdout.write(`${lines.join('\n')}\n`);
    return 0;
  },
};
