// What the log says of a device: how its assessment or an undoing ended, or why there was none.
import type { Note } from '#bus/consumer';
import type { Finish } from '#bus/worker';
import { assessmentFinished, assessmentSkipped } from '#events/assessment';
import { assessmentUndone } from '#events/undo';
import type { Draft, EventDefinition } from '#events/event';
import type { Log } from '#runtime/log';

/** Writes them. */
export const teller =
  (log: Pick<Log, 'info'>) =>
  (events: readonly Draft[], serial: string): void => {
    for (const { fields, message } of notesOf(events, () => serial)) log.info(fields, message);
  };

/** The same end, of which the log says what its events say, once it is saved. */
export const toldOnce = (finish: Finish, tell: (events: readonly Draft[]) => void): Finish => ({
  ...finish,
  save: async (tx) => {
    await finish.save?.(tx);
    tx.afterCommit(() => tell(finish.events));
  },
});

/** A line for each of the events that ends something. */
export function notesOf(
  events: readonly Draft[],
  serialOf: (deviceId: string) => string | null,
): readonly Note[] {
  return events.flatMap((draft) => noteOf(draft, serialOf) ?? []);
}

const isOf = <D>(draft: Draft, definition: EventDefinition<D>): draft is Draft<D> =>
  draft.definition.type === definition.type;

function noteOf(draft: Draft, serialOf: (deviceId: string) => string | null): Note | null {
  if (isOf(draft, assessmentFinished)) {
    const { deviceId, identity, outcome, detail, results } = draft.data;
    const changed = results.filter((result) => result.outcome === 'remediated').length;
    const fields = { serial: identity.serial, device: deviceId, outcome, changed, detail };
    return { fields, message: 'An assessment has ended' };
  }
  if (isOf(draft, assessmentUndone)) {
    const { deviceId, identity, undoes, outcome, detail, items } = draft.data;
    const restored = items.filter((item) => item.outcome === 'restored').length;
    const fields = { serial: identity.serial, device: deviceId, undoes, outcome, restored, detail };
    return { fields, message: 'An undoing has ended' };
  }
  if (isOf(draft, assessmentSkipped)) {
    const { deviceId, reason } = draft.data;
    const fields = { serial: serialOf(deviceId), device: deviceId, outcome: 'skipped', reason };
    return { fields, message: 'A device was not assessed' };
  }
  return null;
}
