// muster credential: what opens devices, set and taken away; never shown.
import * as z from 'zod';
import type { Client } from '../client.js';
import type { Command } from '../command-line.js';
import { jsonOf } from '../printed.js';
import { secondOf } from '../said.js';
import { tableOf } from '../table.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { ownerAmong, owners, set, shown, whoseOf } from './set.js';

const help = `muster credential list                what opens devices: kind, whose, user, to whom it goes, when changed; never the secret
muster credential set KIND --secret-file FILE   admin, snmpRead, snmpWrite or snmpUser; what it was before is still tried
muster credential remove KIND         forgets it, and what it was before; --yes: also one that Muster made, which nobody else knows
muster credential rotate              seals all of them with the newest key of the key file
  --search TEXT        of list: serial number, host name, group, user or who set it contains it
  --device DEVICE      for this one alone (serial number or id); --group ID: for those of a group; else for all
  --secret-file FILE   its first line is the password or community; of snmpUser the authentication password, and its
                       second line the privacy password; - is standard input
  --user NAME          of SNMPv3; --auth sha1 … sha512 (sha256), --priv aes128, aes256b, aes256r (aes128)
  --unproved           of a password or community for more than one device: also to devices that nobody vouches for, which is
                       whoever comes first with a certificate; of any community: in clear, also to those that have no
                       certificate, and one to write with is read with too. Else they go to devices that an authority of yours
                       vouches for (mutual authentication) or a person has admitted (approval), and of a single device to
                       that one, if it shows the certificate that is pinned to it: one that has none, such as a printer
                       that was found by SNMP, gets its own community with --unproved alone, and a password never`;

const write = (text: string): void => void process.stdout.write(`${text}\n`);
const list = z.looseObject({ items: z.array(shown), next: z.string().nullable().default(null) });
const resealed = z.looseObject({
  resealed: z.int(),
  sealed: z.int(),
  left: z.int().default(0),
  unreadable: z.array(z.string()),
});
/** There may be some for each device. */
const rotateMaxMs = 600_000;

const pageMax = 500;

/** All that match, page by page. */
async function found(client: Client, search: string): Promise<readonly z.infer<typeof shown>[]> {
  const all: z.infer<typeof shown>[] = [];
  for (let after: string | null = ''; after !== null;) {
    const query = new URLSearchParams({ search, limit: `${pageMax}`, after });
    const page: z.infer<typeof list> = await client.ask(`/api/credentials?${query.toString()}`, list);
    all.push(...page.items);
    after = page.next;
  }
  return all;
}

async function show(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, { search: { type: 'string' } });
  nothingMore(positionals);
  const items = await found(clientOf(values), values.search ?? '');
  if (values.json) {
    for (const item of items) write(jsonOf(item));
    return 0;
  }
  const columns = ['Kind', 'Whose', 'User', 'Protects', 'Unproved', 'Version', 'Earlier', 'Changed', 'By'];
  const rows = items.map((one) => [
    one.kind,
    whoseOf(one),
    one.userName ?? '–',
    one.auth && one.priv ? `${one.auth}, ${one.priv}` : '–',
    one.unproved === null ? '–' : one.unproved ? 'yes' : 'no',
    `${one.version}`,
    `${one.earlier}`,
    secondOf(one.changedAt),
    one.generated ? 'made by Muster' : one.changedBy,
  ]);
  write(
    tableOf(
      columns.map((title, at) => ({ title, right: at === 5 || at === 6 })),
      rows,
    ).join('\n'),
  );
  return 0;
}

async function remove(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, { ...owners, yes: { type: 'boolean' } });
  const [kind = '', ...more] = positionals;
  nothingMore(more);
  const client = clientOf(values);
  const items = await found(client, values.device ?? values.group ?? '');
  const owner = await ownerAmong(client, items, values);
  // One that was deleted and found again has another id than its credential.
  const isIts = ({ kind: of, scope, id, device }: z.infer<typeof shown>): boolean =>
    of === kind &&
    scope === owner.scope &&
    (id === owner.id || (values.device !== undefined && device?.serial === values.device));
  if (items.some((one) => isIts(one) && one.generated) && !values.yes)
    throw new UsageError(
      'Muster made it, and nobody else knows it: without it the device takes a cold reset before anybody gets in. To forget it all the same, add --yes.',
    );
  const query = new URLSearchParams({ kind, ...owner });
  await client.open(`/api/credentials?${query.toString()}`, { method: 'DELETE' });
  write(values.json ? jsonOf({ removed: kind }) : `${kind} is forgotten. What devices have is as it was.`);
  return 0;
}

async function rotate(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, {});
  nothingMore(positionals);
  const answer = await clientOf(values).ask('/api/credentials/rotate', resealed, {
    method: 'POST',
    signal: AbortSignal.timeout(rotateMaxMs),
  });
  const { unreadable, left, resealed: count } = answer;
  if (values.json) write(jsonOf(answer));
  else {
    write(`${count} sealed anew; the newest key has sealed ${answer.sealed} of them now.`);
    if (left > 0) write(`${left} were changed meanwhile and an older key has sealed them: rotate again`);
    else if (count > 0)
      write('Leave the older keys in the file until a further rotate, minutes later, says 0 sealed anew.');
    for (const name of unreadable)
      write(`no key in the file opens ${name}: set it again, or put its key back`);
  }
  return unreadable.length + left > 0 ? 1 : 0;
}

function nothingMore(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`${positionals.join(' ')} was not expected. Try --help.`);
}

const commands = new Map([
  ['list', show],
  ['set', set],
  ['remove', remove],
  ['rotate', rotate],
]);

export const credential: Command = {
  help,
  run: ([name = '', ...words]) => {
    const run = commands.get(name);
    if (!run) throw new UsageError(`say one of ${[...commands.keys()].join(', ')}. Try --help.`);
    return run(words);
  },
};
