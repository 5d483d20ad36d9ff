// `muster ca export`: an identity as a file, or the certificates that others are to trust.
import { identityNamed, openIdentity } from '../identities.js';
import { writeWhole } from '../files.js';
import { chainOf } from '../keys.js';
import { writeIdentity } from './identity-file.js';
import { type Command, misused, only, passphraseOf, read, say, withBooks } from './words.js';

const help = `muster ca export NAME --out FILE
                           writes identity NAME, key and certificates; .p12 or .pfx is PKCS#12, else PEM
  --password-file FILE     its first line protects the key there; PKCS#12 needs one
muster ca export --authority [--out FILE]
                           the certificates of the authority, PEM: what agents, gateways and printers are told to trust`;

const options = {
  authority: { type: 'boolean' },
  out: { type: 'string' },
  'password-file': { type: 'string' },
} as const;

export const exportIdentity: Command = {
  help,
  run: (words) => {
    const { values, positionals } = read(words, options);
    const { out } = values;
    if (values.authority) {
      const chain = withBooks(values, (_, dir) => chainOf(dir));
      if (out === undefined) say(chain.trimEnd());
      else writeWhole(out, chain);
      return;
    }
    const name = only(positionals, 'the name of an identity');
    if (out === undefined) throw misused('say where to: --out FILE');
    const passphrase = passphraseOf(values);
    const { key, certificates } = withBooks(values, (books) =>
      openIdentity(identityNamed(books, name), passphrase),
    );
    writeIdentity(out, { name, key, certificates }, values['password-file']);
    say(
      `${out} has the private key of "${name}"${values['password-file'] === undefined ? ', unprotected' : ''}`,
    );
  },
};
