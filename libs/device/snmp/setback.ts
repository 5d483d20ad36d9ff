// What it means when a question by SNMP gets no good answer. In our words: net-snmp names communities in its own.
import snmp, { type RequestFailedError } from 'net-snmp';
import type { Setback } from '../device.js';
import { hostOf } from '../exchange.js';
import type { SnmpAccess } from './access.js';
import { usmStats } from './usm/header.js';

/** An error status of RFC 3416 3, as it is called there, and what it says. */
const statuses: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  1: ['tooBig', 'the answer would be too big'],
  2: ['noSuchName', 'it has no such object, or does not let this community have it'],
  3: ['badValue', 'it does not take this value'],
  4: ['readOnly', 'it can only be read'],
  5: ['genErr', 'it failed for a reason that it does not name'],
  6: ['noAccess', 'not to whoever asks'],
  7: ['wrongType', 'its object is of another type'],
  8: ['wrongLength', 'its value has another length'],
  9: ['wrongEncoding', 'it cannot read the value'],
  10: ['wrongValue', 'it does not take this value'],
  11: ['noCreation', 'it has no such object and makes none'],
  12: ['inconsistentValue', 'it does not take this value while others are as they are'],
  13: ['resourceUnavailable', 'it has no room for it'],
  14: ['commitFailed', 'it took the value and could not keep it'],
  15: ['undoFailed', 'it could not keep the value, nor go back to the one before'],
  16: ['authorizationError', 'not to whoever asks'],
  17: ['notWritable', 'it cannot be set'],
  18: ['inconsistentName', 'it has no such object as long as others are as they are'],
};

export const status = { tooBig: 1, noSuchName: 2, authorizationError: 16 } as const;

/** Words that follow `it answers`. */
export function statusText(error: RequestFailedError): string {
  const known = typeof error.status === 'number' ? statuses[error.status] : undefined;
  return known ? `${known[0]}: ${known[1]}` : 'an error that no RFC has';
}

/** Why a whole line was given up. */
export class Improper extends Error {
  override readonly name = 'Improper';
}

/** A Report of SNMPv3: it did not take the request, as whoever asks must not ask so. */
export class Denied extends Error {
  override readonly name = 'Denied';
}

/** By the counter of its Report. */
export const denials: Readonly<Record<number, string>> = {
  [usmStats.unsupportedSecLevels]: 'this user must not ask at this level of SNMPv3',
  [usmStats.unknownUserNames]: 'it does not know this user of SNMPv3',
  [usmStats.wrongDigests]: 'the authentication password or protocol of this user of SNMPv3 is another',
  [usmStats.decryptionErrors]: 'the privacy password or protocol of this user of SNMPv3 is another',
};

export interface Heard {
  /** SNMPv3: it has told its engine's id, so that somebody is there. */
  readonly met: boolean;
  /** Something came while the last request waited. */
  readonly lately: boolean;
}

export function setbackOf(error: unknown, { version }: SnmpAccess, { met, lately }: Heard): Setback {
  // In version 3 there is a word of the engine before silence, where a privacy password is another.
  if (lately && version !== 'v3' && error instanceof snmp.RequestTimedOutError) return garbled(unreadable);
  if (lately && isTimeout(error))
    return { kind: 'failed', reason: 'its SNMP agent answers too slowly', mayPass: 'once' };
  if (error instanceof snmp.RequestTimedOutError || isTimeout(error)) {
    return { kind: 'unreachable', reason: silence(version, met), host: met ? 'alive' : 'unknown' };
  }
  if (error instanceof snmp.RequestFailedError) {
    const denied = error.status === status.authorizationError;
    return denied ? { kind: 'denied', reason: denial } : failed(statusText(error));
  }
  if (error instanceof snmp.ResponseInvalidError) {
    const isLate = error.message.startsWith('Not In Time Window');
    return garbled(
      isLate ? 'its clock of SNMPv3 does not go as it says' : (answers[error.code] ?? unreadable),
    );
  }
  if (error instanceof Denied) return { kind: 'denied', reason: error.message };
  if (error instanceof Improper) return garbled(error.message);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^E[A-Z]+$/.test(code)) {
    const refused = code === 'ECONNREFUSED' && ({ refused: true } as const);
    return { kind: 'unreachable', reason: `it cannot be reached: ${code}`, host: hostOf(code), ...refused };
  }
  return garbled(unreadable);
}

const unreadable = 'what cannot be read';
const denial = 'it lets this user see nothing (authorizationError)';

/** By ResponseInvalidCode of net-snmp. */
const answers: Readonly<Record<number, string>> = {
  1: 'an IPv4 address that is none',
  2: 'a value of a type that SNMP has not',
  3: 'a message that is no answer',
  4: 'what cannot be decrypted',
  5: 'a message that is signed with another key',
  6: 'of other objects than it was asked for',
  8: 'in no order',
  9: 'in another version of SNMP',
  10: 'for another community',
  11: 'a report that nobody asked for',
  14: 'with a time that is past',
  15: 'what breaks off',
};

/** A community that it does not know gets no answer (RFC 3584 5.2.1), nor does what it cannot decrypt. */
function silence(version: SnmpAccess['version'], met: boolean): string {
  if (version !== 'v3') {
    return 'no answer in time: nobody is there, or it speaks no SNMP, or knows another community, which all look alike';
  }
  return met
    ? 'it has said who it is, and nothing after that: the privacy password may be another, or it is gone'
    : 'no answer in time: nobody is there, or it speaks no SNMPv3';
}

const failed = (said: string, mayPass: true | 'once' = true): Setback => ({
  kind: 'failed',
  reason: `its SNMP agent does not answer as it should: ${said}`,
  mayPass,
});
const garbled = (said: string): Setback => failed(said, 'once');

const isTimeout = (error: unknown): boolean => error instanceof DOMException && error.name === 'TimeoutError';
