// `muster ca init`: a root and the authority that issues, or the latter alone, to be certified by an authority elsewhere.
import { join } from 'node:path';
import { makeIssuing, makeRoot } from '#pki/authority/issue';
import { generateKey, type KeyKind } from '#pki/authority/key';
import { makeRequest } from '#pki/authority/request';
import { checkSubject, parseSubject, type Subject } from '#pki/authority/subject';
import { subjectOf, validFor } from '#pki/certificate';
import { Books } from '../books.js';
import { TrustFault } from '../fault.js';
import { makeFolder } from '../files.js';
import { record } from '../issued.js';
import { publish } from '../authority.js';
import { hasAuthority, keepAuthority, type Made } from '../keys.js';
import { type Command, daysOf, dirOf, keyKindOf, misused, none, passphraseOf, read, say } from './words.js';

const help = `muster ca init --subject 'O=Example, C=DE' [--url http://trust.example:3333]
                           makes a root, and an issuing authority below it
  --subject FIELDS         of both: O, OU, C, ST, L, and CN, to which " root" and " issuing" are added (Muster)
  --url URL                where muster trust is reached by HTTP: written into certificates, for lists and OCSP
  --key KIND               p256 (default), p384, rsa2048, rsa3072, rsa4096
  --days N, --root-days N  how long the two are valid (3650, 7300)
  --request                no root: the issuing authority's request is written to the folder, for an authority elsewhere;
                           muster ca import --issuing FILE brings in what that made of it`;

const options = {
  subject: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  days: { type: 'string' },
  'root-days': { type: 'string' },
  request: { type: 'boolean' },
} as const;

interface Plan {
  readonly subject: Subject;
  readonly kind: KeyKind;
  readonly days: number;
  readonly rootDays: number;
  readonly url: string | null;
}

export const init: Command = {
  help,
  run: async (words) => {
    const { values, positionals } = read(words, options);
    none(positionals);
    const dir = dirOf(values);
    const plan: Plan = {
      subject: values.subject === undefined ? {} : parseSubject(values.subject),
      kind: keyKindOf(values.key),
      days: daysOf(values.days, 3650),
      rootDays: daysOf(values['root-days'], 7300),
      url: values.url === undefined ? null : urlOf(values.url),
    };
    const passphrase = passphraseOf(values);
    if (hasAuthority(dir)) throw exists(dir);
    const made = values.request ? await madeElsewhere(plan) : await madeHere(plan);
    makeFolder(dir);
    keep(dir, { made, plan, passphrase });
    say(told(dir, made));
  },
};

async function madeHere({ subject, kind, days, rootDays, url }: Plan): Promise<Made> {
  const rootKey = (await generateKey(kind)).privateKey;
  const { publicKey, privateKey } = await generateKey(kind);
  const certificate = makeRoot({
    subject: called(subject, 'root'),
    key: rootKey,
    validity: validFor(rootDays),
  });
  const root = { certificate, key: rootKey };
  const issuing = makeIssuing(
    root,
    { subject: called(subject, 'issuing'), publicKey, validity: validFor(days) },
    url && `${url}/root.crl`,
  );
  return { root, issuing: { certificate: issuing, key: privateKey } };
}

async function madeElsewhere({ subject, kind }: Plan): Promise<Made> {
  const pair = await generateKey(kind);
  return { request: makeRequest(pair, called(subject, 'issuing'), []), key: pair.privateKey };
}

/** The folder with the keys comes last: until it is there, all of this may be done again. */
function keep(dir: string, { made, plan, passphrase }: { made: Made; plan: Plan; passphrase: string }): void {
  const books = new Books(dir);
  try {
    books.transaction(() => {
      if (hasAuthority(dir)) throw exists(dir);
      for (const table of ['certificate', 'change', 'list', 'fact']) books.run(`delete from ${table}`);
      if (plan.url !== null) books.note('url', plan.url);
      if ('root' in made) {
        const subject = called(plan.subject, 'issuing');
        record(books, made.issuing.certificate, { issuer: 'root', profile: 'authority', subject, names: [] });
        publish(books, 'root', made.root);
        publish(books, 'issuing', made.issuing);
      }
    });
    keepAuthority(dir, made, passphrase);
  } finally {
    books.close();
  }
}

const called = (subject: Subject, part: 'root' | 'issuing'): Subject =>
  checkSubject({ ...subject, CN: `${subject.CN ?? 'Muster'} ${part}` });

function told(dir: string, made: Made): string {
  if (!('root' in made)) {
    const file = join(dir, 'authority/issuing.request.pem');
    return `${file} is to be signed as an authority; then: muster ca import --issuing FILE`;
  }
  const { certificate } = made.root;
  return [
    `${dir} holds an authority now: ${subjectOf(certificate)}`,
    `  root        valid until ${certificate.validToDate.toUTCString()}, SHA-256 ${certificate.fingerprint256}`,
    `  issuing     valid until ${made.issuing.certificate.validToDate.toUTCString()}`,
    `  the root's key is needed again only to renew its list (muster ca crl --root --renew): take`,
    `  ${join(dir, 'authority/root.key.pem')} away, and keep it, and a copy of the passphrase, where this machine cannot reach them`,
  ].join('\n');
}

function urlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'http:' || url.search || url.hash)
    throw misused(
      `--url is an address such as http://trust.example:3333, not "${text}"; lists are fetched without TLS, as they are signed`,
    );
  return url.href.replace(/\/$/, '');
}

const exists = (dir: string): TrustFault =>
  new TrustFault('authorityExists', `${dir} holds an authority already; it is never overwritten`);
