// `muster ca import`: an identity from a file, the certificate that was asked for elsewhere, or the authority's own.
import type { X509Certificate } from 'node:crypto';
import { expectPair } from '#pki/authority/certificate-parts';
import { readPrivateKey } from '#pki/authority/key';
import { inOrder } from '#pki/authority/pkcs12-import';
import { subjectOf } from '#pki/certificate';
import { faultOfPresented } from '#pki/presentable';
import { TrustAuthority } from '../authority.js';
import type { Books } from '../books.js';
import { TrustFault } from '../fault.js';
import { readWhole } from '../files.js';
import { checkName, findIdentity, keepIdentity, sealedKey } from '../identities.js';
import { keepCertified } from '../keys.js';
import { certificatesIn, readIdentity } from './identity-file.js';
import { type Command, misused, only, passphraseOf, read, say, withBooks } from './words.js';

const help = `muster ca import FILE --name NAME
                           keeps key and certificates of FILE, PKCS#12 or PEM, as identity NAME; or the certificate alone
                           for which muster ca request asked
  --key FILE               the private key, if it is in a file of its own
  --password-file FILE     its first line opens FILE
  --replace                instead of the identity that has the name
muster ca import FILE --issuing
                           the issuing authority's certificate, made elsewhere after muster ca init --request, followed by
                           those above it up to the root`;

const options = {
  name: { type: 'string' },
  key: { type: 'string' },
  'password-file': { type: 'string' },
  replace: { type: 'boolean' },
  issuing: { type: 'boolean' },
} as const;

export const importIdentity: Command = {
  help,
  run: (words) => {
    const { values, positionals } = read(words, options);
    const file = only(positionals, 'a file');
    const passphrase = passphraseOf(values);
    if (values.issuing) {
      const chain = certificatesIn(readWhole(file).toString('utf8'), file);
      return withBooks(values, (books, dir) => {
        keepCertified(dir, authorityChain(chain, file), passphrase);
        new TrustAuthority(dir, books, passphrase).publish('issuing');
        say(`the authority is finished: ${chain[0] ? subjectOf(chain[0]) : ''}`);
      });
    }
    const { name } = values;
    if (name === undefined) throw misused('say --name NAME, or --issuing');
    checkName(name);
    return withBooks(values, (books) => {
      const waiting = findIdentity(books, name);
      const certificates = waiting?.request
        ? answered(books, { name, key: waiting.key, file, passphrase })
        : kept(books, { name, file, passphrase, values });
      const [own] = certificates;
      if (own) say(`${name}: ${subjectOf(own)}, valid until ${own.validToDate.toUTCString()}`);
    });
  },
};

interface Import {
  readonly name: string;
  readonly file: string;
  readonly passphrase: string;
}

/** The certificate for a key that is here already. */
function answered(
  books: Books,
  { name, key, file, passphrase }: Import & { key: string },
): readonly X509Certificate[] {
  const opened = readPrivateKey(key, passphrase, `the identity "${name}"`);
  const certificates = inOrder(opened, certificatesIn(readWhole(file).toString('utf8'), file), file);
  keepIdentity(books, name, { key, request: null, certificates }, true);
  return certificates;
}

function kept(
  books: Books,
  {
    name,
    file,
    passphrase,
    values,
  }: Import & {
    values: { key?: string | undefined; 'password-file'?: string | undefined; replace?: boolean | undefined };
  },
): readonly X509Certificate[] {
  const { key, certificates } = readIdentity(file, {
    keyFile: values.key,
    passwordFile: values['password-file'],
  });
  const [own] = certificates;
  if (own) expectPair(own, key, file);
  keepIdentity(
    books,
    name,
    { key: sealedKey(key, passphrase), request: null, certificates },
    values.replace ?? false,
  );
  return certificates;
}

/** Each signed by the next, the first an authority; none too weak to be presented. Throws TrustFault with the link that is wrong. */
function authorityChain(chain: readonly X509Certificate[], file: string): readonly X509Certificate[] {
  const fault = faultOfPresented(chain);
  if (fault !== null) throw new TrustFault('wrongAuthority', `${file} cannot be used: ${fault}`);
  for (const [index, certificate] of chain.entries()) {
    const place = `certificate ${index + 1} of ${chain.length} in ${file}`;
    if (!certificate.ca)
      throw new TrustFault('wrongAuthority', `${place} is not one of an authority (CA:true)`);
    const above = chain[index + 1] ?? certificate;
    if (!certificate.checkIssued(above) || !certificate.verify(above.publicKey))
      throw new TrustFault(
        'wrongAuthority',
        above === certificate
          ? `${place} is the last and not a root: the file has to go on up to the root`
          : `${place} is not signed by the one that follows it`,
      );
  }
  return chain;
}
