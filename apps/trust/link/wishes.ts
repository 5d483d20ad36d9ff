// What operators wish at console is done here, once each: the books know what became of which, and it is told again to who
// asks again. Beside revocations and lists the authority does only what its own setting names, as whoever takes console over
// could ask for it.
//
//   wishes.ts   this file    deeds.ts  how each kind is done    outcomes.ts  what became of them
//   link.ts     to console and back      changes.ts  what it has not heard yet    records.ts  what it will not hear of
//   to-console.ts  one report and its answer
import { AuthorityFault } from '#pki/authority/fault';
import { type Wish, wish as readable, type WishKind, wishKinds, type WishOutcome } from '#pki/authority/wish';
import type { Log } from '#runtime/log';
import { TrustFault } from '../fault.js';
import { deedFor, type Doing } from './deeds.js';
import { keepOutcome, outcomeOf } from './outcomes.js';

interface Fulfilling extends Doing {
  /** Kinds that it does when console asks. */
  readonly does: readonly WishKind[];
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
}

/** As it was heard: a newer console may know kinds that are not known here. */
type Heard = Readonly<Record<string, unknown>> & { readonly id: string; readonly kind: string };

/** Null: it could not be done now, through no fault of its own; it is heard again. */
export async function fulfil(by: Fulfilling, heard: Heard): Promise<WishOutcome | null> {
  try {
    return outcomeOf(by.books, heard.id) ?? (await done(by, heard));
  } catch (error) {
    if (error instanceof TrustFault || error instanceof AuthorityFault)
      return refused(by, heard, error.message);
    by.log.error({ error, wish: heard.id }, 'What an operator wished at console failed; it is tried again');
    return null;
  }
}

async function done(by: Fulfilling, heard: Heard): Promise<WishOutcome> {
  const wish = understood(by, heard);
  const deed = await deedFor(by, wish);
  // One who was faster has its outcome in the books: then nothing of this is kept.
  const outcome = by.books.transaction(() =>
    keepOutcome(by.books, { id: wish.id, refused: null, certificates: deed.work() }),
  );
  by.log.info(
    { wish: wish.id, kind: wish.kind, askedBy: wish.by, ...deed.said },
    'Done as an operator wished',
  );
  return outcome;
}

function refused(by: Fulfilling, { id, kind }: Heard, message: string): WishOutcome {
  by.log.warn(
    { code: 'wishRefused', wish: id, kind, reason: message },
    'What an operator wished is not done',
  );
  return keepOutcome(by.books, { id, refused: message.slice(0, 500), certificates: null });
}

/** Throws TrustFault when it cannot be read, or is not done for console. */
function understood({ does }: Fulfilling, heard: Heard): Wish {
  const { data, error } = readable.safeParse(heard);
  if (data && does.includes(data.kind)) return data;
  if (data)
    throw new TrustFault(
      'usage',
      `the authority does not do that for console: name ${data.kind} in its MUSTER_TRUST_WISHES, or type muster ca ${data.kind} there`,
    );
  const known = wishKinds.some((kind) => kind === heard.kind);
  const [issue] = error.issues;
  throw new TrustFault(
    'usage',
    known
      ? `${issue?.path.join('.')}: ${issue?.message}`
      : 'the authority is older than console and cannot do that yet',
  );
}
