// `muster ca issue`: a key and the certificate for it, kept under a friendly name or written to a file.
import { parseSubject } from '#pki/authority/subject';
import { generateKey } from '#pki/authority/key';
import { validFor } from '#pki/certificate';
import { certificateOf } from '../keys.js';
import { namesIn } from '../authority.js';
import { serialHexOf } from '../issued.js';
import { checkName, findIdentity, keepIdentity, sealedKey } from '../identities.js';
import { TrustFault } from '../fault.js';
import { writeIdentity } from './identity-file.js';
import {
  type Command,
  daysOf,
  keyKindOf,
  misused,
  none,
  profileOf,
  read,
  say,
  withAuthority,
} from './words.js';

const help = `muster ca issue --name NAME --profile PROFILE --subject FIELDS [--names NAMES]
                           makes a key, certifies it and keeps both as identity NAME
  --profile PROFILE        server, client, mutual (both, as for Muster's gateway), device
  --subject FIELDS         as 'CN=muster.example, O=Example'; a server's CN is its full DNS name or a wildcard; a device
                           has serialNumber=
  --names NAMES            other names: 'DNS:a.example, IP:10.0.0.1, IP:fc00::1'
  --days N                 how long it is valid (365)
  --key KIND               p256 (default), p384, rsa2048, rsa3072, rsa4096
  --replace                instead of the identity that has the name
  --out FILE               written to FILE instead of being kept; .p12 or .pfx is PKCS#12, else PEM
  --password-file FILE     its first line protects the key in FILE`;

const options = {
  name: { type: 'string' },
  profile: { type: 'string' },
  subject: { type: 'string' },
  names: { type: 'string' },
  days: { type: 'string' },
  key: { type: 'string' },
  replace: { type: 'boolean' },
  out: { type: 'string' },
  'password-file': { type: 'string' },
} as const;

export const issue: Command = {
  help,
  run: async (words) => {
    const { values, positionals } = read(words, options);
    none(positionals);
    const { name, out } = values;
    if ((name === undefined) === (out === undefined)) throw misused('say --name NAME, or --out FILE');
    if (name !== undefined) checkName(name);
    if (values.subject === undefined) throw misused('--subject is needed');
    const profile = profileOf(values.profile);
    const subject = parseSubject(values.subject);
    const names = namesIn(values.names);
    const validity = validFor(daysOf(values.days, 365));
    const { publicKey, privateKey } = await generateKey(keyKindOf(values.key));
    withAuthority(values, ({ books, authority, dir, passphrase }) => {
      if (name !== undefined && !values.replace && findIdentity(books, name))
        throw new TrustFault(
          'identityExists',
          `there is an identity "${name}" already; --replace puts a new one in its place`,
        );
      const certificates = books.transaction(() => {
        const made = [
          authority.issue({ profile, subject, names, publicKey, validity }),
          certificateOf(dir, 'issuing'),
        ];
        const key = sealedKey(privateKey, passphrase);
        if (name !== undefined)
          keepIdentity(books, name, { key, request: null, certificates: made }, values.replace ?? false);
        return made;
      });
      if (out !== undefined)
        writeIdentity(
          out,
          { name: subject.CN ?? 'identity', key: privateKey, certificates },
          values['password-file'],
        );
      const [own] = certificates;
      if (own) say(`${name ?? out ?? ''}: ${serialHexOf(own)}, valid until ${own.validToDate.toUTCString()}`);
    });
  },
};
