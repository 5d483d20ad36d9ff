// Questions of net-snmp's session as promises. Each is one request, answered by one datagram: no walk, so that nothing is endless.
import snmp, { type RequestFailedError, type Session, type Varbind } from 'net-snmp';
import { status, statusText } from './setback.js';

/** Objects asked for at once: their answer fits into the 1,472 bytes of one datagram that nobody cuts up. */
const batchMax = 16;

export interface Answers {
  readonly found: ReadonlyMap<string, Varbind>;
  /** Why, by OID. What is in neither it does not have. */
  readonly failed: ReadonlyMap<string, string>;
}

/**
 * What is behind each OID. An answer that would be too big is asked for in halves; an object that spoils the answer (SNMPv1:
 * each one that is missing; genErr) is left out of it, so that there are two requests for an object at most.
 */
export async function getAll(session: Session, oids: readonly string[]): Promise<Answers> {
  const found = new Map<string, Varbind>();
  const failed = new Map<string, string>();
  const waiting = batchesOf([...new Set(oids)]);
  for (let batch = waiting.shift(); batch; batch = waiting.shift()) {
    try {
      for (const varbind of await get(session, batch)) {
        if (!snmp.isVarbindError(varbind)) found.set(varbind.oid, varbind);
      }
    } catch (error) {
      if (!(error instanceof snmp.RequestFailedError) || error.status === status.authorizationError)
        throw error;
      const [first = ''] = batch;
      const culprit = batch.length === 1 ? first : culpritOf(error, batch);
      if (culprit === null) {
        const half = Math.ceil(batch.length / 2);
        waiting.unshift(batch.slice(0, half), batch.slice(half));
      } else {
        if (error.status !== status.noSuchName) failed.set(culprit, `it answers ${statusText(error)}`);
        const rest = batch.filter((oid) => oid !== culprit);
        if (rest.length > 0) waiting.unshift(rest);
      }
    }
  }
  return { found, failed };
}

function batchesOf(oids: readonly string[]): (readonly string[])[] {
  const count = Math.ceil(oids.length / batchMax);
  return Array.from({ length: count }, (_, index) => oids.slice(index * batchMax, (index + 1) * batchMax));
}

/** Which of them the agent blames; null when it blames none, or their number. */
function culpritOf(error: RequestFailedError, batch: readonly string[]): string | null {
  if (error.status === status.tooBig) return null;
  const [, named = ''] = /: ([\d.]+)$/.exec(error.message) ?? [];
  return batch.includes(named) ? named : null;
}

const get = (session: Session, oids: readonly string[]): Promise<readonly Varbind[]> =>
  new Promise((resolve, reject) => {
    session.get(oids, (error, told) => (error ? reject(error) : resolve(told)));
  });

/** One object; rejects as net-snmp does. */
export const set = (session: Session, varbind: Varbind): Promise<void> => setAll(session, [varbind]);

/** Several by one request: of those that belong together. */
export const setAll = (session: Session, varbinds: readonly Varbind[]): Promise<void> =>
  new Promise((resolve, reject) => {
    session.set(varbinds, (error) => (error ? reject(error) : resolve()));
  });

/** Of what follows an OID, as much as lies below it and one answer holds. Not for SNMPv1, which has no such request. */
export const firstRows = (session: Session, oid: string, rowsMax: number): Promise<readonly Varbind[]> =>
  new Promise((resolve, reject) => {
    session.getBulk([oid], 0, rowsMax, (error, told) =>
      error ? reject(error) : resolve((told[0] ?? []).filter((row) => row.oid.startsWith(`${oid}.`))),
    );
  });
