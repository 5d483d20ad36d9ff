// `muster ca crl`: the list of what was revoked.
import { pemOf } from '#pki/authority/signed';
import { newestList } from '../authority.js';
import { TrustFault } from '../fault.js';
import { writePublic } from '../files.js';
import { type Command, none, read, say, withAuthority, withBooks } from './words.js';

const help = `muster ca crl              prints the newest list, PEM
  --renew                  makes a new one first; muster trust does that by itself
  --root                   of the root instead: its key has to be there for a new one
  --out FILE               written there instead; .crl is DER, else PEM`;

const options = { renew: { type: 'boolean' }, root: { type: 'boolean' }, out: { type: 'string' } } as const;

export const crl: Command = {
  help,
  run: (words) => {
    const { values, positionals } = read(words, options);
    none(positionals);
    const issuer = values.root ? 'root' : 'issuing';
    const newest = values.renew
      ? withAuthority(values, ({ authority }) => authority.publish(issuer))
      : withBooks(values, (books) => newestList(books, issuer));
    if (!newest)
      throw new TrustFault('noAuthority', `there is no list of the ${issuer} authority; --renew makes one`);
    const { der, number, nextUpdate } = newest;
    if (values.out === undefined) say(pemOf('list', der).trimEnd());
    else writePublic(values.out, values.out.endsWith('.crl') ? der : pemOf('list', der));
    process.stderr.write(`list ${number}; the next is due on ${nextUpdate.toUTCString()}\n`);
  },
};
