// From what an operator asks for to what the authority hears: looked at here so that what is wrong is said at once. The
// authority looks again, and decides.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { parseAlternativeNames, textOfNames } from '#pki/authority/alternative-names';
import { AuthorityFault } from '#pki/authority/fault';
import { namesFor } from '#pki/authority/profile';
import { derOfRequestPem, readRequest } from '#pki/authority/request';
import { pemOf } from '#pki/authority/signed';
import { parseSubject, textOfSubject } from '#pki/authority/subject';
import { secretDaysMax, type Wish, type Wished } from '#pki/authority/wish';
import { Refusal } from '../refusal.js';

/** What a device enrols with. */
export interface EnrolmentShown {
  readonly user: string;
  readonly password: string;
}

interface Asking {
  readonly wish: Wish;
  /** For a list of wishes, in one line. */
  readonly about: string;
  readonly secret: EnrolmentShown | null;
}

type Of<Kind extends Wished['kind']> = Extract<Wished, { readonly kind: Kind }>;
type Head = Pick<Wish, 'id' | 'by'>;
const aboutMax = 500;

/** Throws Refusal. */
export function wishOf(wished: Wished, by: string): Asking {
  const head = { id: randomUUID(), by };
  const asking = made(wished, head);
  return { ...asking, about: asking.about.slice(0, aboutMax) };
}

function made(wished: Wished, head: Head): Asking {
  switch (wished.kind) {
    case 'enrol':
      return enrolling(wished, head);
    case 'sign':
      return signing(wished, head);
    case 'issue':
      return issuing(wished, head);
    case 'list':
      return { wish: { ...head, ...wished }, about: 'The list of what was revoked', secret: null };
  }
}

/** 160 random bits, of which the authority gets the hash, and console keeps nothing. */
function enrolling(wished: Of<'enrol'>, head: Head): Asking {
  const { device, reusable } = wished;
  if (device === null && (reusable || wished.names !== ''))
    throw wrong(
      'device',
      'must be named for names or more than one use: a secret for any would open the door to all',
    );
  const leftMs = Date.parse(wished.until) - Date.now();
  if (leftMs <= 0 || leftMs > secretDaysMax * 86_400_000)
    throw wrong('until', `must be a time within ${secretDaysMax} days from now`);
  const names = at('names', () => textOfNames(parseAlternativeNames(wished.names)));
  const password = randomBytes(20).toString('base64url');
  const hash = createHash('sha256').update(password).digest('hex');
  const user = device ?? `any-${randomBytes(6).toString('hex')}`;
  const how = reusable ? 'as often as it likes' : 'once';
  const about = device === null ? `Any one device, once, as ${user}` : `${device}, ${how}`;
  return { wish: { ...head, ...wished, names, user, hash }, about, secret: { user, password } };
}

function signing(wished: Of<'sign'>, head: Head): Asking {
  const der = at('request', () => derOfRequestPem(wished.request, 'what was sent'));
  const asked = at('request', () => readRequest(der));
  const subject = at('subject', () =>
    wished.subject === null ? asked.subject : parseSubject(wished.subject),
  );
  const names = at('names', () =>
    wished.names === null ? asked.names() : parseAlternativeNames(wished.names),
  );
  const given = at('subject', () => namesFor(wished.profile, subject, names));
  const wish = { ...head, ...wished, request: pemOf('request', der) };
  return { wish, about: called(textOfSubject(subject), textOfNames(given)), secret: null };
}

function issuing(wished: Of<'issue'>, head: Head): Asking {
  const subject = at('subject', () => parseSubject(wished.subject));
  const names = at('names', () => parseAlternativeNames(wished.names));
  const given = at('subject', () => namesFor(wished.profile, subject, names));
  const about = `${wished.name}: ${called(textOfSubject(subject), textOfNames(given))}`;
  return { wish: { ...head, ...wished }, about, secret: null };
}

const called = (subject: string, names: string): string => (names === '' ? subject : `${subject}; ${names}`);

/** What is wrong is told at its field. */
function at<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof AuthorityFault) throw wrong(path, error.message);
    throw error;
  }
}

const wrong = (path: string, message: string): Refusal =>
  new Refusal('invalid', `${path}: ${message}.`, [{ path, message }]);
