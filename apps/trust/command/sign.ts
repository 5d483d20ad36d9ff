// `muster ca sign`: a certificate for a key that was made elsewhere.
import { textOfNames } from '#pki/authority/alternative-names';
import { derOfRequestPem, readRequest } from '#pki/authority/request';
import { parseSubject, textOfSubject } from '#pki/authority/subject';
import { validFor } from '#pki/certificate';
import { namesIn } from '../authority.js';
import { readWhole, writePublic } from '../files.js';
import { serialHexOf } from '../issued.js';
import { chainOf } from '../keys.js';
import { type Command, daysOf, only, profileOf, read, say, withAuthority } from './words.js';

const help = `muster ca sign REQUEST.pem --profile PROFILE
                           certifies the key of a request (RFC 2986), which proves that it has it; prints the certificate
                           and the authorities above it
  --subject FIELDS, --names NAMES
                           instead of what the request says: look at it first, with openssl req -text -in REQUEST.pem
  --days N                 how long it is valid (365)
  --out FILE               written there instead`;

const options = {
  profile: { type: 'string' },
  subject: { type: 'string' },
  names: { type: 'string' },
  days: { type: 'string' },
  out: { type: 'string' },
} as const;

export const sign: Command = {
  help,
  run: (words) => {
    const { values, positionals } = read(words, options);
    const file = only(positionals, 'a file with a certificate request');
    const profile = profileOf(values.profile);
    const asked = readRequest(derOfRequestPem(readWhole(file).toString('utf8'), file));
    const subject = values.subject === undefined ? asked.subject : parseSubject(values.subject);
    const names = values.names === undefined ? asked.names() : namesIn(values.names);
    const validity = validFor(daysOf(values.days, 365));
    withAuthority(values, ({ authority, dir }) => {
      const made = authority.issue({ profile, subject, names, publicKey: asked.publicKey, validity });
      const text = made.toString() + chainOf(dir);
      if (values.out === undefined) say(text.trimEnd());
      else writePublic(values.out, text);
      const named = names.length === 0 ? '' : `, ${textOfNames(names)}`;
      process.stderr.write(`${serialHexOf(made)}: ${profile} for ${textOfSubject(subject)}${named}\n`);
    });
  },
};
