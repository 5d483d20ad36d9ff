// Which task is put back where none is named, and what is left of a task to be put back.
import { ClientError, type Client } from '../client.js';
import { amountOf, secondOf } from '../said.js';
import { changedOn, stayingOf, type ChangedTask, type Named } from './device.js';

export interface Left {
  readonly settings: ChangedTask['changes'];
  /** They stay as they are: an undo leaves them out. */
  readonly secrets: ChangedTask['changes'];
}

/** What is not put back of what it has changed. */
export function leftOf({ changes }: Pick<ChangedTask, 'changes'>): Left {
  const left = changes.filter(({ undoneBy }) => undoneBy === null);
  return {
    settings: left.filter(({ secret }) => !secret),
    secrets: left.filter(({ secret }) => secret),
  };
}

export const nameOf = ({ taskId, at }: { readonly taskId: string; readonly at: string | null }): string =>
  `task ${taskId}${at === null ? '' : ` of ${secondOf(at)}`}`;

/** Null: it has changed nothing on this device. Rejects with ClientError. */
export async function taskOf(client: Client, { id }: Named, task: string): Promise<ChangedTask | null> {
  const { value } = await changedOn(client, id, { task }).next();
  return value ?? null;
}

/**
 * The newest of which something can be put back. One that is newer and has secrets left would be passed without a word:
 * nothing is put back then. Rejects with ClientError.
 */
export async function newestOf(client: Client, device: Named): Promise<ChangedTask> {
  let newer: ChangedTask | null = null;
  for await (const task of changedOn(client, device.id)) {
    const { settings, secrets } = leftOf(task);
    if (settings.length > 0 && !(await hasPutBack(client, device, task))) {
      if (newer === null) return task;
      throw onlySecrets(newer, device, task);
    }
    if (settings.length === 0 && secrets.length > 0) newer ??= task;
  }
  if (newer !== null) throw onlySecrets(newer, device, null);
  throw new ClientError(
    'refused',
    `Muster has changed nothing on ${device.serial} that is not put back. An undo is put back by its own name: see muster changes, and --task.`,
  );
}

/** It is an undo. One that has put back an undo is none: what that had put back was put in effect again by it. */
async function hasPutBack(client: Client, device: Named, { undoes }: ChangedTask): Promise<boolean> {
  for (const one of undoes) {
    const undone = await taskOf(client, device, one);
    if (undone && (await hasPutBack(client, device, undone))) return false;
  }
  return undoes.length > 0;
}

function onlySecrets(task: ChangedTask, { serial }: Named, older: ChangedTask | null): ClientError {
  const { secrets } = leftOf(task);
  const left = `Nothing is put back: of the newest, ${nameOf(task)}, only secrets are left, and ${stayingOf(secrets)}.`;
  const others = older
    ? `Before it came ${nameOf(older)}, which changed ${amountOf(leftOf(older).settings.length, 'setting')}: muster undo ${serial} --task ${older.taskId}`
    : 'No older task has anything to be put back.';
  return new ClientError('refused', `${left} ${others}`);
}
