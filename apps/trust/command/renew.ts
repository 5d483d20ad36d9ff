// `muster ca renew`: the authority's own certificates anew, for the keys that it has. What it issued, and what was told to
// devices, goes on: names and keys are the same.
import { createPublicKey } from 'node:crypto';
import { issuerPartsOf } from '#pki/authority/certificate-parts';
import { type Issuer, makeIssuing, makeRoot } from '#pki/authority/issue';
import { derOfSubject, type Subject, subjectOfDer } from '#pki/authority/subject';
import { validFor } from '#pki/certificate';
import type { Books } from '../books.js';
import { TrustFault } from '../fault.js';
import { record } from '../issued.js';
import { keepRenewed, openIssuer } from '../keys.js';
import { type Command, daysOf, none, passphraseOf, read, say, withBooks } from './words.js';

const help = `muster ca renew            the issuing authority's certificate anew, for the same key; the root's key has to be there
  --root                   the root's too, for the same key: tell devices and trust sets of it before the old one ends
  --days N, --root-days N  how long they are valid (3650, 7300); restart muster trust afterwards`;

const options = {
  root: { type: 'boolean' },
  days: { type: 'string' },
  'root-days': { type: 'string' },
} as const;

export const renew: Command = {
  help,
  run: (words) => {
    const { values, positionals } = read(words, options);
    none(positionals);
    const passphrase = passphraseOf(values);
    const days = daysOf(values.days, 3650);
    const rootDays = values.root ? daysOf(values['root-days'], 7300) : null;
    withBooks(values, (books, dir) => {
      const [root, issuing] = [openIssuer(dir, 'root', passphrase), openIssuer(dir, 'issuing', passphrase)];
      if (!root || !issuing) throw away(dir);
      const above = rootDays === null ? root : renewedRoot(root, rootDays);
      const certificate = renewedIssuing(books, { above, issuing, days });
      keepRenewed(dir, above.certificate, certificate);
      const of = { root: above.certificate, issuing: certificate };
      for (const [name, { validToDate, fingerprint256 }] of Object.entries(of))
        say(`${name.padEnd(7)} valid until ${validToDate.toUTCString()}, SHA-256 ${fingerprint256}`);
    });
  },
};

function renewedRoot({ certificate, key }: Issuer, days: number): Issuer {
  const subject = sameName(issuerPartsOf(certificate).name);
  return { certificate: makeRoot({ subject, key, validity: validFor(days) }), key };
}

interface Renewing {
  readonly above: Issuer;
  readonly issuing: Issuer;
  readonly days: number;
}

/** In the books before it is in the folder, as all that is issued. */
function renewedIssuing(books: Books, { above, issuing, days }: Renewing) {
  const subject = sameName(issuerPartsOf(issuing.certificate).name);
  const url = books.fact('url');
  const publicKey = createPublicKey(issuing.key);
  const made = makeIssuing(above, { subject, publicKey, validity: validFor(days) }, url && `${url}/root.crl`);
  books.transaction(() => record(books, made, { issuer: 'root', profile: 'authority', subject, names: [] }));
  return made;
}

/** What was issued names its issuer by these bytes. Throws TrustFault. */
function sameName(name: Uint8Array): Subject {
  const subject = subjectOfDer(name);
  if (derOfSubject(subject).equals(name)) return subject;
  throw new TrustFault(
    'wrongAuthority',
    'this authority was not made here: the one that certified it renews it',
  );
}

const away = (dir: string): TrustFault =>
  new TrustFault(
    'noAuthority',
    `the root's key is not in ${dir}: bring it back for this; where another authority certified yours, ask that one`,
  );
