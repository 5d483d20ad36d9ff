// What the status of an answer means (RFC 8011 appendix B, RFC 3380 7).
import type { Setback } from '../device.js';

const names: ReadonlyMap<number, string> = new Map([
  [0x0400, 'client-error-bad-request'],
  [0x0401, 'client-error-forbidden'],
  [0x0402, 'client-error-not-authenticated'],
  [0x0403, 'client-error-not-authorized'],
  [0x0404, 'client-error-not-possible'],
  [0x0405, 'client-error-timeout'],
  [0x0406, 'client-error-not-found'],
  [0x0407, 'client-error-gone'],
  [0x040b, 'client-error-attributes-or-values-not-supported'],
  [0x040e, 'client-error-conflicting-attributes'],
  [0x0413, 'client-error-attributes-not-settable'],
  [0x0500, 'server-error-internal-error'],
  [0x0501, 'server-error-operation-not-supported'],
  [0x0502, 'server-error-service-unavailable'],
  [0x0503, 'server-error-version-not-supported'],
  [0x0504, 'server-error-device-error'],
  [0x0505, 'server-error-temporary-error'],
  [0x0507, 'server-error-busy'],
]);

const denied = new Set([0x0401, 0x0402, 0x0403]);
const absent = new Set([0x0406, 0x0407, 0x0501, 0x0503]);
/** The first that is no success. */
const firstError = 0x0100;
const firstOfServer = 0x0500;

/** Null: it did what was asked. */
export function setbackOf(status: number): Setback | null {
  if (status < firstError) return null;
  const number = `0x${status.toString(16).padStart(4, '0')}`;
  const name = names.get(status);
  const reason = `its IPP has answered ${name === undefined ? number : `${name} (${number})`}`;
  if (denied.has(status)) return { kind: 'denied', reason };
  if (absent.has(status)) return { kind: 'unsupported', reason };
  return { kind: 'failed', reason, mayPass: status >= firstOfServer };
}
