// Rules of IPsec in words: what differs from what devices do of themselves. Pure; the page uses it, too.
import type { SaidValue, SentRule } from '../../device/ipsec.js';
import type { IpsecRule } from '../../events/ipsec.js';

/** A rule of which nothing else is said: what is so is left out of words. The defaults of libs/events/ipsec.ts; a test compares. */
export const usualIpsec = {
  certificate: null,
  preSharedKey: null,
  dhPhase2: null,
  legacy: false,
  protocol: 'esp',
  mode: 'transport',
  exchange: 'main',
  keying: 'ike',
  natTraversal: 'off',
  ikeMinutes: 480,
  ipsecMinutes: 60,
} as const satisfies Partial<IpsecRule>;
const usual: Readonly<Record<string, SaidValue>> = usualIpsec;

const told = new Set(['name', 'local', 'remote']);

/** How one reads them; a device's own come after them. What was kept in a database has lost its order. */
const order = ['certificate', 'preSharedKey', 'strength', 'dh', ...Object.keys(usual)];

function inOrder(a: string, b: string): number {
  const [one, other] = [a, b].map((field) => (order.includes(field) ? order.indexOf(field) : order.length));
  return (one ?? 0) - (other ?? 0) || (a < b ? -1 : 1);
}

/** `print-servers: all with 10.1.0.10; certificate ecdsa256, strength strong, dh ecp256`. Of a device's own fields, too. */
export function ruleWords(rule: SentRule): string {
  const ends = `${String(rule['local'] ?? '?')} with ${String(rule['remote'] ?? '?')}`;
  const fields = Object.entries(rule)
    .filter(([field, value]) => !told.has(field) && !(field in usual && usual[field] === value))
    .toSorted(([a], [b]) => inOrder(a, b));
  const rest = fields.map(([field, value]) => `${field} ${String(value)}`).join(', ');
  return `${String(rule['name'] ?? '?')}: ${ends}${rest === '' ? '' : `; ${rest}`}`;
}
