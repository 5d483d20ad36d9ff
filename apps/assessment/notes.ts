// What the log says of a device: how its assessment or an undoing ended, or why there was none.
import type { Note } from '#bus/consumer';
import { assessmentFinished, assessmentSkipped } from '#events/assessment';
import { assessmentUndone } from '#events/undo';
import type { Draft } from '#events/event';
import type { Log } from '#runtime/log';

/** Writes them. */
export const teller =
  (log: Pick<Log, 'info'>) =>
  (events: readonly Draft[], serial: string): void => {
    for (const { fields, message } of notesOf(events, () => serial)) log.info(fields, message);
  };

/** A line for each of the events that ends something. */
export function notesOf(
  events: readonly Draft[],
  serialOf: (deviceId: string) => string | null,
): readonly Note[] {
  return events.flatMap((draft) => noteOf(draft, serialOf) ?? []);
}

function noteOf({ definition, data }: Draft, serialOf: (deviceId: string) => string | null): Note | null {
  if (definition.type === assessmentFinished.type) {
    const { deviceId, identity, outcome, detail, results } = assessmentFinished.schema.parse(data);
    const changed = results.filter((result) => result.outcome === 'remediated').length;
    const fields = { serial: identity.serial, device: deviceId, outcome, changed, detail };
    return { fields, message: 'An assessment has ended' };
  }
  if (definition.type === assessmentUndone.type) {
    const { deviceId, identity, undoes, outcome, detail, items } = assessmentUndone.schema.parse(data);
    const restored = items.filter((item) => item.outcome === 'restored').length;
    const fields = { serial: identity.serial, device: deviceId, undoes, outcome, restored, detail };
    return { fields, message: 'An undoing has ended' };
  }
  if (definition.type === assessmentSkipped.type) {
    const { deviceId, reason } = assessmentSkipped.schema.parse(data);
    const fields = { serial: serialOf(deviceId), device: deviceId, outcome: 'skipped', reason };
    return { fields, message: 'A device was not assessed' };
  }
  return null;
}
