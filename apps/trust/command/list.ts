// `muster ca list`: what was issued, the identities kept, and the secrets with which devices may enrol.
import { subjectOf } from '#pki/certificate';
import { identities } from '../identities.js';
import { type Issued, listed } from '../issued.js';
import { secrets } from '../secrets.js';
import { type Command, none, read, say, wholeOf, withBooks } from './words.js';

const help = `muster ca list             certificates that were issued, the newest first
  --revoked                only those that were revoked
  --expiring DAYS          only those that end within DAYS days
  --max N                  at most N (1000)
  --identities             identities by their names instead
  --secrets                enrolment secrets instead; the secrets themselves are kept nowhere
  --json                   for a program to read`;

const options = {
  revoked: { type: 'boolean' },
  expiring: { type: 'string' },
  max: { type: 'string' },
  identities: { type: 'boolean' },
  secrets: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export const list: Command = {
  help,
  run: (words) => {
    const { values, positionals } = read(words, options);
    none(positionals);
    const days = values.expiring === undefined ? null : wholeOf('--expiring', values.expiring, 36_500);
    const which = {
      revoked: values.revoked ?? false,
      endBefore: days === null ? null : new Date(Date.now() + days * 86_400_000),
      max: wholeOf('--max', values.max ?? '1000', 1_000_000),
    };
    withBooks(values, (books) => {
      if (values.identities) {
        const found = identities(books).map(({ name, certificates: [own] }) => ({
          name,
          subject: own ? subjectOf(own) : null,
          until: own?.validToDate ?? null,
        }));
        const text = (each: (typeof found)[number]): string =>
          `${each.name}  ${each.subject ?? 'waits for its certificate'}${ending(each.until)}`;
        return print(found, text, values.json);
      }
      if (values.secrets) {
        return print(
          secrets(books),
          ({ name, device, reusable, until, used }) =>
            `${name}  ${device ?? 'any device'}, ${reusable ? 'reusable' : used ? 'used' : 'once'}${ending(until)}`,
          values.json,
        );
      }
      return print(listed(books, which), line, values.json);
    });
  },
};

const line = ({ serial, profile, subject, names, until, revoked }: Issued): string =>
  [serial, profile, subject, names === '' ? null : names]
    .filter((part) => part !== null)
    .join('  ')
    .concat(revoked ? `, revoked ${revoked.at.toUTCString()} (${revoked.reason})` : ending(until));

const ending = (until: Date | null): string => (until ? `, until ${until.toUTCString()}` : '');

function print<T>(found: readonly T[], text: (one: T) => string, json: boolean | undefined): void {
  if (json) say(JSON.stringify(found, null, 2));
  else if (found.length === 0) say('none');
  else for (const one of found) say(text(one));
}
