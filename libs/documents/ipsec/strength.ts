// What a minimum strength means, and what is never taken. The three groups are Muster's own: the vendors' lists are not
// public, or differ. Words are strongSwan's.
import { ipsecStrengths, type IpsecGroup, type IpsecRule, type IpsecStrength } from '../../events/ipsec.js';

interface Suites {
  /** Encryption and integrity of phase 1; IKEv1 has no AEAD there. */
  readonly phase1: readonly string[];
  readonly phase2: readonly string[];
  readonly dh: IpsecGroup;
}

const suites: Readonly<Record<IpsecStrength, Suites>> = {
  baseline: { phase1: ['aes128-sha256'], phase2: ['aes128-sha256'], dh: 'dh14' },
  strong: { phase1: ['aes256-sha256'], phase2: ['aes128gcm16', 'aes256-sha256'], dh: 'ecp256' },
  highest: { phase1: ['aes256-sha384'], phase2: ['aes256gcm16'], dh: 'ecp384' },
};

/** In bits of symmetric strength (NIST SP 800-57); 24 is no weaker by that, but who made its parameters is not known. */
const bits: Readonly<Record<IpsecGroup, number>> = { dh24: 112, dh14: 112, ecp256: 128, ecp384: 192 };

const words: Readonly<Record<IpsecGroup, string>> = {
  dh14: 'modp2048',
  dh24: 'modp2048s256',
  ecp256: 'ecp256',
  ecp384: 'ecp384',
};

/** The weakest group that may go with a strength. */
export const weakestGroup = (strength: IpsecStrength): IpsecGroup => suites[strength].dh;

export const isWeaker = (group: IpsecGroup, than: IpsecGroup): boolean => bits[group] < bits[than];

/** What to offer and to take, strongest first: everything of the rule's strength and above, with the rule's groups. */
export function proposalsOf({ strength, dh, dhPhase2 }: IpsecRule): {
  readonly phase1: readonly string[];
  readonly phase2: readonly string[];
} {
  const allowed = ipsecStrengths.slice(ipsecStrengths.indexOf(strength)).toReversed();
  const suffix = dhPhase2 === null ? '' : `-${words[dhPhase2]}`;
  return {
    phase1: allowed.flatMap((each) => suites[each].phase1.map((suite) => `${suite}-${words[dh]}`)),
    phase2: allowed.flatMap((each) => suites[each].phase2.map((suite) => `${suite}${suffix}`)),
  };
}

const broken: readonly (readonly [RegExp, string])[] = [
  [/3des|tripledes|des-?ede/i, '3DES is refused: its blocks of 64 bits leak after some gigabytes (RFC 8221)'],
  [/des/i, 'DES is refused: a key of 56 bits is found within a day (RFC 8221)'],
  [/md5/i, 'MD5 is refused: it is broken (RFC 8221, RFC 8247)'],
  [/sha-?1(?!\d)/i, 'SHA-1 is refused: it is broken as a signature, and every device of today has SHA-256'],
  [/null/i, 'without encryption nothing is kept secret: NULL is refused'],
  [/rc4|blowfish|cast|idea/i, 'it is refused: it is out of use (RFC 8247)'],
];

const weakGroup = /^(?:dh|group|modp)?[ -]?(?:1|2|5|22|23|768|1024|1536)$/i;

/** Why something that a vendor may still offer is refused here; null: it is not known as weak. */
export function whyWeak(said: unknown): string | null {
  if (typeof said !== 'string' && typeof said !== 'number') return null;
  const text = String(said).trim();
  if (weakGroup.test(text))
    return `Diffie-Hellman group ${text} is refused: below 2,048 bits it can be broken, or was (RFC 8247)`;
  return broken.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}
