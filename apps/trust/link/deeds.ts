// How each kind of wish is done. What console checked already is checked again: it is not believed.
import { certificatesMax } from '#events/certificate';
import { textOfNames } from '#pki/authority/alternative-names';
import { generateKey } from '#pki/authority/key';
import { derOfRequestPem, readRequest } from '#pki/authority/request';
import { parseSubject, textOfSubject } from '#pki/authority/subject';
import { secretDaysMax, type Wish } from '#pki/authority/wish';
import { validFor } from '#pki/certificate';
import { namesIn, publish, type TrustAuthority } from '../authority.js';
import type { Books } from '../books.js';
import { TrustFault } from '../fault.js';
import { findIdentity, keepIdentity, sealedKey } from '../identities.js';
import { certificateOf, chainOf } from '../keys.js';
import { keepSecret } from '../secrets.js';

export interface Doing {
  readonly dir: string;
  readonly books: Books;
  readonly authority: TrustAuthority;
  readonly passphrase: string;
  /** The identity that EST shows: it is replaced by hand alone. */
  readonly kept: string | null;
}

interface Deed {
  /** To be called inside a transaction: what the asker gets, if anything. Throws TrustFault, AuthorityFault. */
  readonly work: () => string | null;
  /** For the log. */
  readonly said: object;
}

type Of<Kind extends Wish['kind']> = Extract<Wish, { readonly kind: Kind }>;

/** All that can be done before the books are locked. Rejects with TrustFault, AuthorityFault. */
export async function deedFor(by: Doing, wish: Wish): Promise<Deed> {
  switch (wish.kind) {
    case 'enrol':
      return enrolling(by, wish);
    case 'sign':
      return signing(by, wish);
    case 'issue':
      return issuing(by, wish);
    case 'list': {
      const { issuer } = by.authority;
      return { work: () => (publish(by.books, 'issuing', issuer), null), said: {} };
    }
  }
}

function enrolling({ books }: Doing, wish: Of<'enrol'>): Deed {
  const { device, names, reusable, user, hash } = wish;
  if (device === null && (reusable || names !== ''))
    throw wrong(
      'names and more than one use are for one device: a secret for any would open the door to all',
    );
  if (device === null ? !/^any-[0-9a-f]{12}$/.test(user) : user !== device)
    throw wrong(`"${user}" is not the user name that such a secret has`);
  const until = new Date(wish.until);
  const leftMs = until.getTime() - Date.now();
  if (leftMs <= 0 || leftMs > secretDaysMax * 86_400_000)
    throw wrong(`a secret ends within ${secretDaysMax} days from now, not on ${until.toUTCString()}`);
  const secret = { name: user, device, names: textOfNames(namesIn(names)), reusable, until };
  return { work: () => (keepSecret(books, secret, hash), null), said: { user, until: until.toUTCString() } };
}

function signing({ authority, dir }: Doing, wish: Of<'sign'>): Deed {
  const asked = readRequest(derOfRequestPem(wish.request, 'what was sent'));
  const subject = wish.subject === null ? asked.subject : parseSubject(wish.subject);
  const names = wish.names === null ? asked.names() : namesIn(wish.names);
  const { publicKey } = asked;
  const wanted = { profile: wish.profile, subject, names, publicKey, validity: validFor(wish.days) };
  return {
    work: () => told(authority.issue(wanted).toString() + chainOf(dir)),
    said: { profile: wish.profile, subject: textOfSubject(subject), names: textOfNames(names) },
  };
}

/** Console takes no more: an answer that it refuses would hold up all others. */
function told(certificates: string): string {
  if (certificates.length <= certificatesMax) return certificates;
  throw wrong('the certificate and those above it are too long to be told: muster ca sign');
}

async function issuing({ authority, books, dir, passphrase, kept }: Doing, wish: Of<'issue'>): Promise<Deed> {
  const { name, profile } = wish;
  if (name === kept) throw wrong(`"${name}" is what EST shows: muster ca issue --name "${name}" --replace`);
  const free = (): void => {
    if (wish.replace || !findIdentity(books, name)) return;
    throw new TrustFault(
      'identityExists',
      `there is an identity "${name}" already, and it was not to be replaced`,
    );
  };
  free();
  const subject = parseSubject(wish.subject);
  const names = namesIn(wish.names);
  const { publicKey, privateKey } = await generateKey(wish.key);
  const key = sealedKey(privateKey, passphrase);
  const wanted = { profile, subject, names, publicKey, validity: validFor(wish.days) };
  const said = { identity: name, profile, subject: textOfSubject(subject), names: textOfNames(names) };
  const work = (): null => {
    free();
    const certificates = [authority.issue(wanted), certificateOf(dir, 'issuing')];
    keepIdentity(books, name, { key, request: null, certificates }, true);
    return null;
  };
  return { work, said };
}

const wrong = (what: string): TrustFault => new TrustFault('usage', what);
