// set: from a file to what Muster opens devices with. A secret is never typed as an option, which others could read.
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { credential, credentialKinds, type Credential } from '#device/credential';
import { messageOf } from '#events/message-of';
import { deviceOf } from '../assess/device.js';
import type { Client } from '../client.js';
import { jsonOf } from '../printed.js';
import { clientOf, readWords, UsageError } from '../words.js';

export const shown = z.looseObject({
  kind: z.string(),
  scope: z.string(),
  id: z.string(),
  device: z
    .looseObject({
      serial: z.string(),
      hostname: z.string().nullable(),
      deleted: z.boolean(),
      certificate: z.boolean().nullable().default(null),
    })
    .nullable(),
  userName: z.string().nullable(),
  auth: z.string().nullable().default(null),
  priv: z.string().nullable().default(null),
  unproved: z.boolean().nullable().default(null),
  version: z.int(),
  changedBy: z.string(),
  changedAt: z.iso.datetime(),
  earlier: z.int(),
  generated: z.boolean().default(false),
});

/** In words: of a device its serial number, where that is known. */
export function whoseOf({ scope, id, device }: z.infer<typeof shown>): string {
  if (id === '') return scope;
  const name = device?.hostname ? ` (${device.hostname})` : '';
  return `${scope} ${device ? `${device.serial}${name}` : id}${device?.deleted ? ', deleted' : ''}`;
}

export const owners = { device: { type: 'string' }, group: { type: 'string' } } as const;
const options = {
  ...owners,
  'secret-file': { type: 'string' },
  user: { type: 'string' },
  auth: { type: 'string' },
  priv: { type: 'string' },
  unproved: { type: 'boolean' },
} as const;
type Values = Partial<Record<'user' | 'auth' | 'priv' | 'secret-file', string | undefined>> & {
  readonly unproved?: boolean | undefined;
};

interface Owners {
  readonly device?: string | undefined;
  readonly group?: string | undefined;
}

interface Owner {
  readonly scope: string;
  readonly id: string;
}

/** As the REST API has it. */
export async function ownerOf(client: Client, { device, group }: Owners): Promise<Owner> {
  if (device !== undefined && group !== undefined) throw new UsageError('say --device or --group, not both.');
  if (device !== undefined) return { scope: 'device', id: (await deviceOf(client, [device])).id };
  return group === undefined ? { scope: 'global', id: '' } : { scope: 'group', id: group };
}

/** The same, also of a device that was deleted: by what its credentials say of it. */
export async function ownerAmong(
  client: Client,
  items: readonly z.infer<typeof shown>[],
  said: Owners,
): Promise<Owner> {
  const gone = items.filter(({ device }) => device?.deleted === true);
  const byId = gone.find(({ id }) => id === said.device);
  if (byId) return { scope: 'device', id: byId.id };
  try {
    return await ownerOf(client, said);
  } catch (error) {
    const bySerial = gone.find(({ device }) => device?.serial === said.device);
    if (!bySerial || !(error instanceof UsageError)) throw error;
    return { scope: 'device', id: bySerial.id };
  }
}

export async function set(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, options);
  const [kind, ...more] = positionals;
  if (kind === undefined || more.length > 0)
    throw new UsageError(`say one of ${credentialKinds.join(', ')}. Try --help.`);
  refuseOthers(kind, values);
  const secret = secretOf(kind, values);
  const client = clientOf(values);
  const body = { ...(await ownerOf(client, values)), credential: secret };
  const answer = await client.ask('/api/credentials', shown, { method: 'PUT', body });
  const whose = answer.id === '' ? 'all devices' : `the ${whoseOf(answer)}`;
  const line = `${answer.kind} of ${whose}: version ${answer.version}, sealed.`;
  process.stdout.write(`${values.json ? jsonOf(answer) : `${line}\n${whomItGoesTo(secret, answer)}`}\n`);
  return 0;
}

/** What was set, in a line: to whom it is sent. */
function whomItGoesTo(secret: Credential, { scope, device }: z.infer<typeof shown>): string {
  const isOwn = scope === 'device';
  if (secret.kind === 'snmpUser')
    return `He is tried on ${isOwn ? 'this device alone' : 'all of them'}: SNMPv3 sends no password.`;
  const isOpen = secret.unproved === true;
  const use = secret.kind !== 'snmpWrite' ? '' : isOpen ? ', for reading too' : ', and only to write with';
  if (isOwn) return whenOwn({ canBeOpen: secret.kind !== 'admin', isOpen, use }, device?.certificate ?? null);
  if (!isOpen)
    return `It goes only to devices that an authority of yours vouches for, or a person has admitted${use}; else set --unproved.`;
  return secret.kind === 'admin'
    ? 'It goes to each of them that shows the certificate it came with first, whoever that was.'
    : `It goes to each of them in clear, whoever is there${use}.`;
}

interface Sent {
  /** In clear, to a device that can prove nothing: a community may be, and a password never is. */
  readonly canBeOpen: boolean;
  readonly isOpen: boolean;
  readonly use: string;
}

/** @param certificate whether one is pinned to the device; null: that is not known */
function whenOwn({ canBeOpen, isOpen, use }: Sent, certificate: boolean | null): string {
  const proved = 'It goes to whoever shows the certificate that is pinned to the device';
  const none = 'No certificate is pinned to the device, by which it could prove itself';
  const there = 'to whoever is at its address, in clear';
  if (certificate === true) return `${proved}${use}.`;
  if (canBeOpen && isOpen)
    return certificate === null
      ? `${proved}, and while there is none ${there}${use}.`
      : `${none}: it goes ${there}${use}.`;
  const unless = canBeOpen ? `, unless you set it with --unproved: then ${there}` : '';
  return certificate === null
    ? `${proved}${use}; while there is none, it is not sent${unless}.`
    : `${none}: it is not sent until one is${unless}.`;
}

/** Options that a kind does not have would be passed over, and another credential set than was meant. */
function refuseOthers(kind: string, values: Values): void {
  const others = kind === 'snmpUser' ? (['unproved'] as const) : (['user', 'auth', 'priv'] as const);
  const typed = others.filter((name) => values[name] !== undefined).map((name) => `--${name}`);
  if (typed.length > 0) throw new UsageError(`${kind} has no ${typed.join(', ')}. Try --help.`);
}

function secretOf(kind: string, values: Values) {
  const [first = '', second = ''] = linesOf(values['secret-file']);
  const { user, auth = 'sha256', priv = 'aes128', unproved = false } = values;
  if (kind === 'snmpUser' && user === undefined)
    throw new UsageError('say the name of the user of SNMPv3 with --user.');
  if (kind === 'snmpUser' && second === '')
    throw new UsageError(
      'the file of a user has two lines: the password that signs, then the one that encrypts; the second is missing.',
    );
  const wanted =
    kind === 'admin'
      ? { kind, password: first, unproved }
      : kind === 'snmpUser'
        ? { kind, user, auth, authPassword: first, priv, privPassword: second }
        : { kind, community: first, unproved };
  const parsed = credential.safeParse(wanted);
  if (parsed.success) return parsed.data;
  const [fault] = parsed.error.issues;
  const where = fault?.path.join('.') ?? '';
  throw new UsageError(
    where === 'kind'
      ? `say one of ${credentialKinds.join(', ')}.`
      : `${where}: ${fault?.message ?? ''}. Try --help.`,
  );
}

function linesOf(file: string | undefined): readonly string[] {
  if (file === undefined) throw new UsageError('name its file with --secret-file; - is standard input.');
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').split(/\r?\n/);
  } catch (error) {
    throw new UsageError(`The secret cannot be read: ${messageOf(error)}`);
  }
}
