// `muster ca revoke`: a certificate is no longer to be trusted, from now on.
import { revocationReasons, type RevocationReason } from '#pki/authority/revocation-list';
import type { Books } from '../books.js';
import { TrustFault } from '../fault.js';
import { identityNamed } from '../identities.js';
import { ofDevice, serialHexOf } from '../issued.js';
import { type Command, misused, read, say, withAuthority } from './words.js';

const reasons = Object.keys(revocationReasons).join(', ');
const help = `muster ca revoke SERIAL | --name NAME | --device SERIAL-NUMBER
                           revokes a certificate by its serial number, that of an identity, or all of a device; the list
                           that is published has it at once
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
      for (const serial of serialsOf(books, { typed, name, device })) {
        const revoked = authority.revoke(serial, reason);
        say(`${serial} is revoked: ${revoked.subject}`);
      }
    });
  },
};

interface Ways {
  readonly typed: string | undefined;
  readonly name: string | undefined;
  readonly device: string | undefined;
}

function serialsOf(books: Books, { typed, name, device }: Ways): readonly string[] {
  if (typed !== undefined) return [typed.replaceAll(':', '').toLowerCase()];
  if (name !== undefined) return identityNamed(books, name).certificates.slice(0, 1).map(serialHexOf);
  const found = ofDevice(books, device ?? '', new Date());
  if (found.length > 0) return found.map(({ serial }) => serial);
  throw new TrustFault('unknownCertificate', `no certificate of the device ${device ?? ''} is in force`);
}

function reasonOf(text = 'unspecified'): RevocationReason {
  for (const reason of Object.keys(revocationReasons) as RevocationReason[])
    if (reason === text) return reason;
  throw misused(`--reason is one of ${reasons}, not "${text}"`);
}
