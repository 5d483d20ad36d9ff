// What opens a device (R67): which kinds there are, and what belongs to each. Whole, as here, it is only ever sealed.
import * as z from 'zod';

export const credentialKinds = ['admin', 'snmpRead', 'snmpWrite', 'snmpUser'] as const;
export type CredentialKind = (typeof credentialKinds)[number];

/** By what an SNMPv3 user proves who he is, and with what it is encrypted; AES-256 as Blumenthal or Reeder make its key. */
export const credentialAuths = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export const credentialPrivs = ['aes128', 'aes256b', 'aes256r'] as const;

/** In the order in which they are tried: of the device itself first. */
export const credentialScopes = ['device', 'group', 'global'] as const;
export type CredentialScope = (typeof credentialScopes)[number];

const text = (min: number, max: number) =>
  z
    .string()
    .min(min, `must have ${min} characters at least`)
    .refine((one) => Buffer.byteLength(one) <= max, `must have ${max} bytes at most`)
    .refine((one) => one.isWellFormed() && !/\p{Cc}/u.test(one), 'must hold no control characters');
const community = text(1, 32);
/** RFC 3414 11.2: shorter ones are guessed from what anybody can record. */
const passphrase = text(8, 64);
/** It goes to devices, too, for which nobody vouches; a community also to those that have no certificate. */
const unproved = z.boolean().default(false);

export const credential = z.discriminatedUnion('kind', [
  /** Of the user `admin` of the device API, by HTTP Digest. */
  z.strictObject({ kind: z.literal('admin'), password: text(8, 128), unproved: z.boolean().optional() }),
  z.strictObject({ kind: z.literal('snmpRead'), community, unproved }),
  z.strictObject({ kind: z.literal('snmpWrite'), community, unproved }),
  z.strictObject({
    kind: z.literal('snmpUser'),
    user: text(1, 32),
    auth: z.enum(credentialAuths),
    authPassword: passphrase,
    priv: z.enum(credentialPrivs),
    privPassword: passphrase,
  }),
]);
export type Credential = z.infer<typeof credential>;
export type CredentialOf<K extends CredentialKind> = Extract<Credential, { readonly kind: K }>;

/** Whose it is. `id`: of the device or group; empty where it is everybody's. */
export interface CredentialPlace {
  readonly kind: CredentialKind;
  readonly scope: CredentialScope;
  readonly id: string;
}

/** Names it, in one word: what it is sealed for, and what is told of it. */
export const placeName = ({ kind, scope, id }: CredentialPlace): string =>
  id === '' ? `${kind}/${scope}` : `${kind}/${scope}/${id}`;

/** What may be shown of it. */
export const userOf = (one: Credential): string | null => {
  if (one.kind === 'admin') return 'admin';
  return one.kind === 'snmpUser' ? one.user : null;
};
