// `muster ca request`: an identity whose certificate an authority elsewhere is asked for (R80).
import { generateKey } from '#pki/authority/key';
import { makeRequest } from '#pki/authority/request';
import { namesFor } from '#pki/authority/profile';
import { parseSubject } from '#pki/authority/subject';
import { namesIn } from '../authority.js';
import { checkName, keepIdentity, sealedKey } from '../identities.js';
import {
  type Command,
  keyKindOf,
  misused,
  none,
  passphraseOf,
  profileOf,
  read,
  say,
  withBooks,
} from './words.js';

const help = `muster ca request --name NAME --profile PROFILE --subject FIELDS [--names NAMES]
                           makes a key, keeps it as identity NAME, and prints the request for another authority;
                           muster ca import --name NAME FILE brings in the certificate that it made
  --profile, --subject, --names, --key, --replace as of issue`;

const options = {
  name: { type: 'string' },
  profile: { type: 'string' },
  subject: { type: 'string' },
  names: { type: 'string' },
  key: { type: 'string' },
  replace: { type: 'boolean' },
} as const;

export const request: Command = {
  help,
  run: async (words) => {
    const { values, positionals } = read(words, options);
    none(positionals);
    const { name } = values;
    if (name === undefined || values.subject === undefined) throw misused('--name and --subject are needed');
    checkName(name);
    const subject = parseSubject(values.subject);
    const names = namesFor(profileOf(values.profile), subject, namesIn(values.names));
    const passphrase = passphraseOf(values);
    const pair = await generateKey(keyKindOf(values.key));
    const asked = makeRequest(pair, subject, names);
    const key = sealedKey(pair.privateKey, passphrase);
    withBooks(values, (books) =>
      keepIdentity(books, name, { key, request: asked, certificates: [] }, values.replace ?? false),
    );
    say(asked.trimEnd());
  },
};
