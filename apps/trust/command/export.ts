// `muster ca export`: an identity as a file, or the certificates that others are to trust.
import { readRecipient, type Recipient } from '#pki/seal';
import { TrustFault } from '../fault.js';
import { identityNamed, openIdentity } from '../identities.js';
import { readWhole, writePublic, writeWhole } from '../files.js';
import { chainOf } from '../keys.js';
import { sealedFor } from '../sealed.js';
import { writeIdentity } from './identity-file.js';
import { type Command, misused, only, type Place, passphraseOf, read, say, withBooks } from './words.js';

const help = `muster ca export NAME --out FILE
                           writes identity NAME, key and certificates; .p12 or .pfx is PKCS#12, else PEM
  --password-file FILE     its first line protects the key there; PKCS#12 needs one
muster ca export NAME --seal-to KEY --out FILE
                           writes identity NAME so that only one gateway can open it: for the page Identities
  --seal-to KEY            file with the gateway's sealing key, from the same page; may be said several times
muster ca export --authority [--out FILE]
                           the certificates of the authority, PEM: what agents, gateways and printers are told to trust`;

const options = {
  authority: { type: 'boolean' },
  out: { type: 'string' },
  'password-file': { type: 'string' },
  'seal-to': { type: 'string', multiple: true },
} as const;

export const exportIdentity: Command = {
  help,
  run: (words) => {
    const { values, positionals } = read(words, options);
    const { out } = values;
    if (values.authority) {
      const chain = withBooks(values, (_, dir) => chainOf(dir));
      if (out === undefined) say(chain.trimEnd());
      else writePublic(out, chain);
      return;
    }
    const name = only(positionals, 'the name of an identity');
    if (out === undefined) throw misused('say where to: --out FILE');
    const passphrase = passphraseOf(values);
    const sealTo = values['seal-to'];
    if (sealTo) return exportSealed(values, { name, out, sealTo, passphrase });
    const { key, certificates } = withBooks(values, (books) =>
      openIdentity(identityNamed(books, name), passphrase),
    );
    writeIdentity(out, { name, key, certificates }, values['password-file']);
    say(
      `${out} has the private key of "${name}"${values['password-file'] === undefined ? ', unprotected' : ''}`,
    );
  },
};

interface Sealing {
  readonly name: string;
  readonly out: string;
  /** Files with public keys. */
  readonly sealTo: readonly string[];
  readonly passphrase: string;
}

/** Throws AuthorityFault, TrustFault. */
function exportSealed(place: Place, { name, out, sealTo, passphrase }: Sealing): void {
  const recipients = sealTo.map(recipientIn);
  const sealed = withBooks(place, (books) => sealedFor(identityNamed(books, name), recipients, passphrase));
  writeWhole(out, `${JSON.stringify(sealed, null, 2)}\n`);
  const to = recipients.map(({ fingerprint }) => fingerprint).join(', ');
  say(`${out} has "${name}", its key sealed to ${to}`);
}

function recipientIn(file: string): Recipient {
  try {
    return readRecipient(readWhole(file).toString('utf8'));
  } catch (cause) {
    if (cause instanceof TrustFault) throw cause;
    throw new TrustFault(
      'file',
      `${file} holds no sealing key of a gateway: an X25519 public key in PEM form`,
      { cause },
    );
  }
}
