// A run that came to nothing: what may be tried again, and what its task ends with.
import { cut } from '#events/cut';
import { TaskCancelled } from '#bus/lease';
import { isWorthAgain, type Setback } from '#device/device';
import { detailMax, type SettingChange } from '#events/device-setting';

/** Thrown when the device could not be spoken with this time, and another try may mend it. */
export class DeviceTrouble extends Error {
  override readonly name = 'DeviceTrouble';
  constructor(readonly setback: Setback) {
    super(setback.reason);
  }
}

/** Who is silent may be booting, for minutes. What cannot be understood is asked for once more. */
export const mayPass = (setback: Setback, { attempt }: { readonly attempt: number }): boolean =>
  setback.kind === 'unreachable' || isWorthAgain(setback, attempt);

export interface Failure {
  readonly outcome: 'unreachable' | 'failed' | 'cancelled';
  readonly detail: string;
}

export function failureOf(error: Error): Failure {
  const detail = cut(error.message, detailMax);
  if (error instanceof TaskCancelled) return { outcome: 'cancelled', detail };
  return error instanceof DeviceTrouble ? endOf(error.setback) : { outcome: 'failed', detail };
}

export const endOf = ({ kind, reason }: Setback): Failure => ({
  outcome: kind === 'unreachable' ? 'unreachable' : 'failed',
  detail: cut(reason, detailMax),
});

/** Of what was written: rules of IPsec, which are longer, stand in the changes. */
const valueMax = 200;

/** With the last thing that was written and not seen since: it may be what cut Muster off. */
export function withLast({ outcome, detail }: Failure, changes: readonly SettingChange[]): Failure {
  const last = changes.findLast(({ verified }) => !verified);
  if (outcome !== 'unreachable' || !last) return { outcome, detail };
  const value = JSON.stringify(last.after);
  const to = value.length > valueMax ? '' : `, ${value}`;
  const written = `The last that was written to it: ${last.title}${to}.`;
  return { outcome, detail: `${cut(detail, detailMax - written.length - 2)}. ${written}` };
}
