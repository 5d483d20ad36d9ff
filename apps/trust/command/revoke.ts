// `muster ca revoke`: a certificate is no longer to be trusted, from now on.
import { revocationReasons, type RevocationReason } from '#pki/authority/revocation-list';
import type { Revoked } from '../authority.js';
import type { Books } from '../books.js';
import { TrustFault } from '../fault.js';
import { identityNamed } from '../identities.js';
import { serialHexOf } from '../issued.js';
import { secretsForAny } from '../secrets.js';
import { type Command, misused, read, say, withAuthority } from './words.js';

const reasons = Object.keys(revocationReasons).join(', ');
const help = `muster ca revoke SERIAL | --name NAME | --device SERIAL-NUMBER
                           revokes a certificate by its serial number, that of an identity, or all of a device; the list
                           that is published has it at once. With the last one of a device its secrets to enrol end
  --reason REASON          ${reasons}`;

const options = { name: { type: 'string' }, device: { type: 'string' }, reason: { type: 'string' } } as const;

export const revoke: Command = {
  help,
  run: (words) => {
    const { values, positionals } = read(words, options);
    const { name, device } = values;
    const [typed, ...more] = positionals;
    const ways = [typed, name, device].filter((way) => way !== undefined);
    if (ways.length !== 1 || more.length > 0)
      throw misused('say one of: a serial number, --name NAME, --device SERIAL-NUMBER');
    const reason = reasonOf(values.reason);
    withAuthority(values, ({ books, authority }) => {
      const revoked =
        device === undefined
          ? authority.revoke(serialOf(books, typed, name), reason)
          : authority.revokeDevice(device, reason);
      for (const line of told(revoked, secretsForAny(books, new Date()))) say(line);
    });
  },
};

/** What was done, and what is good still. */
function told(
  { certificates, others, device, secrets }: Revoked,
  forAny: readonly string[],
): readonly string[] {
  const lines = certificates.map(({ serial, subject }) => `${serial} is revoked: ${subject}`);
  const [holder = null] = certificates.map((each) => each.device);
  if (device === null)
    return holder === null || others === 0
      ? lines
      : [...lines, `${holder} has others in force: muster ca revoke --device ${holder} ends them all`];
  const ended = secrets.map((user) => `${user}: the secret with which it could enrol is ended`);
  return [...lines, ...ended, ...(forAny.length === 0 ? [] : [stillGood(forAny)])];
}

const namedMax = 5;

function stillGood(users: readonly string[]): string {
  const named = users.slice(0, namedMax).join(', ') + (users.length > namedMax ? ', …' : '');
  return `still good: secrets for any device (${users.length}: ${named}). Who has one enrols with it, this device too: muster ca enrol --remove USER`;
}

function serialOf(books: Books, typed: string | undefined, name = ''): string {
  if (typed !== undefined) return typed.replaceAll(':', '').toLowerCase();
  const [own] = identityNamed(books, name).certificates;
  if (own) return serialHexOf(own);
  throw new TrustFault('unknownCertificate', `the identity "${name}" has no certificate yet`);
}

function reasonOf(text = 'unspecified'): RevocationReason {
  for (const reason of Object.keys(revocationReasons) as RevocationReason[])
    if (reason === text) return reason;
  throw misused(`--reason is one of ${reasons}, not "${text}"`);
}
