// Rules of IPsec (R68): by what a device and its hosts prove who they are, and how what they say is encrypted.
import * as z from 'zod';

/** What a certificate signs with: ECDSA on P-256 or P-384, or RSA of 2,048 bits and more. */
export const ipsecSignatures = ['ecdsa256', 'ecdsa384', 'rsa'] as const;
export type IpsecSignature = (typeof ipsecSignatures)[number];

/** Lowest strength of algorithms, weakest first. What each stands for is Muster's own: libs/documents/ipsec/strength.ts. */
export const ipsecStrengths = ['baseline', 'strong', 'highest'] as const;
export type IpsecStrength = (typeof ipsecStrengths)[number];

/** Groups of Diffie-Hellman: MODP of 2,048 bits (14), the same with a subgroup of 256 bits (24), P-256 (19), P-384 (20). */
export const ipsecGroups = ['dh14', 'dh24', 'ecp256', 'ecp384'] as const;
export type IpsecGroup = (typeof ipsecGroups)[number];

/** What fields that a person writes must be: a pattern tells nobody. */
export const ipsecWords = {
  name: 'must be 1 to 48 letters, digits, hyphens or underscores, a letter or digit first',
  endpoints:
    'must be "all", or a comma list of addresses, ranges such as 10.1.0.5-10.1.0.9, networks such as 10.1.0.0/28, and names',
  preSharedKey:
    'must be the name of a key, of 1 to 32 lower-case letters, digits or hyphens, or null; the key itself is never written here',
} as const;

/** A comma list of addresses, ranges `a-b`, networks in CIDR notation and names; or `all`. */
const endpoints = z.string().min(1, ipsecWords.endpoints).max(1024);
const group = z.enum(ipsecGroups);

/** One rule, as the device has it: `local` is the device's end, `remote` that of the hosts which speak with it. */
export const ipsecRule = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$/, ipsecWords.name),
  local: endpoints,
  remote: endpoints,
  /** Tried first; null: none. */
  certificate: z.enum(ipsecSignatures).nullable().default(null),
  /** The name of a key that both ends hold, never the key. With a certificate it is what the two fall back to. */
  preSharedKey: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, ipsecWords.preSharedKey)
    .nullable()
    .default(null),
  strength: z.enum(ipsecStrengths),
  dh: group,
  /** Of phase 2; null: keys of phase 2 come out of those of phase 1. */
  dhPhase2: group.nullable().default(null),
  /** The operator knows that group 24 is not to be used any more (RFC 8247), and that this device has no other. */
  legacy: z.boolean().default(false),
  protocol: z.literal('esp').default('esp'),
  mode: z.literal('transport').default('transport'),
  exchange: z.literal('main').default('main'),
  keying: z.enum(['ike', 'authip']).default('ike'),
  /** Whether NAT may be between them: at the hosts' end, or at both. */
  natTraversal: z.enum(['off', 'remote', 'both']).default('off'),
  ikeMinutes: z.int().min(10).max(1440).default(480),
  ipsecMinutes: z.int().min(5).max(1440).default(60),
});
export type IpsecRule = z.infer<typeof ipsecRule>;

export const ipsecRulesMax = 20;
export const ipsecRules = z.array(ipsecRule).max(ipsecRulesMax);

export const exampleIpsecRule: IpsecRule = ipsecRule.parse({
  name: 'print-servers',
  local: 'all',
  remote: '10.1.0.10, 10.1.0.16/28, fd00:1::10',
  certificate: 'ecdsa256',
  preSharedKey: 'print-servers',
  strength: 'strong',
  dh: 'ecp256',
});
