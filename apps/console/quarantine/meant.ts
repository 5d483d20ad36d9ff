// Which of those that wait a decision means, and which it leaves out.
import { matches } from '#documents/filter';
import { approvedMax, type DeviceApprovalRequested } from '#events/approval';
import type { Tx } from '#store/store';
import { containing } from '../http/resource.js';
import type { Decisions, LeftOut, Step } from './decisions.js';
import { searchText, type QuarantineBody } from './rows.js';

export type Seen = DeviceApprovalRequested['seen'][number];

export interface Meant extends Pick<Step, 'left' | 'changed' | 'leftOut'> {
  readonly some: readonly Seen[];
}

export interface Row {
  readonly serial: string;
  readonly number: number;
  readonly body: QuarantineBody;
}

/** What was asked for is not asked for again; should discovery never answer, it is shown again. */
export const undecided = `state = $1 and body is not null and (asked_at is null or asked_at < now() - interval '10 minutes')
  and ($2 = '%%' or search like $2) and number <= $3`;
const scanRows = 1_000;

/** Who waits with a serial number that another party announced too, or was refused with. */
export const contestedIn = `jsonb_array_length(coalesce(body->'others', '[]'::jsonb))
  + jsonb_array_length(coalesce(body->'refused', '[]'::jsonb)) > 0`;

const contested = (count: number): LeftOut | null =>
  count === 0
    ? null
    : {
        count,
        why: 'more than one party announced such a serial number: compare them, and decide about each by `seen`',
      };

/** Of what was looked at, what is still shown; who was refused can be admitted alone. */
export async function looked(tx: Tx, seen: readonly Seen[], action: Decisions['action']): Promise<Meant> {
  const claims = new Map(seen.map(({ serial, claim }) => [serial, claim]));
  const some = (await shown(tx, [...claims.keys()])).flatMap(({ serial, body }) => {
    const { claim, others = [], refused = [] } = body;
    const meant = claims.get(serial);
    const beside = action === 'admit' ? [...others, ...refused] : others;
    const isShown = meant === claim || beside.some((one) => one.claim === meant);
    return meant && isShown ? [{ serial, claim: meant }] : [];
  });
  return { some, left: 0, changed: claims.size - some.length, leftOut: null };
}

/** Of serial numbers alone, what is shown of them, where nobody else announced them. */
export async function named(
  tx: Tx,
  serials: readonly string[],
  { action, state }: Decisions,
): Promise<Meant> {
  const all = new Set(serials);
  const rows = (await shown(tx, [...all])).filter(({ body }) => body.claim);
  const alone = rows.filter(({ body }) => isAlone(body, { action, state, search: '' }));
  const some = alone.flatMap(({ serial, body: { claim } }) => (claim ? [{ serial, claim }] : []));
  return { some, left: 0, changed: all.size - rows.length, leftOut: contested(rows.length - alone.length) };
}

const shown = (tx: Tx, serials: readonly string[]): Promise<readonly Row[]> =>
  tx.query<Row>(
    `select serial, number, body from console.quarantine
     where serial = any($1::text[]) and state <> 'gone' and body is not null`,
    [serials],
  );

/**
 * Nobody announced the serial number but who is meant: of several, a decision about many has compared none, and a search may
 * have found what another one says. Who was refused before is no reason to let the next one wait.
 */
function isAlone(body: QuarantineBody, { action, state, search = '' }: Deciding): boolean {
  const { others = [], refused = [] } = body;
  if (others.length + refused.length === 0) return true;
  const isNextRefused = others.length === 0 && action === 'refuse' && state === 'held';
  return isNextRefused && searchText(body).includes(search.toLowerCase());
}

type Deciding = Pick<Decisions, 'action' | 'state' | 'search'>;

interface Matching {
  readonly alone: readonly Seen[];
  /** Serial numbers that match, and are to be decided one by one. */
  readonly others: number;
}

/** The oldest first, each with what waits; in steps, as they can be many. */
async function matching(tx: Tx, asked: Decisions, upTo: number): Promise<Matching> {
  const { state, search = '', filter: wanted } = asked;
  const alone: Seen[] = [];
  let others = 0;
  for (let after = 0; ;) {
    const rows = await tx.query<Row>(
      `select serial, number, body from console.quarantine where ${undecided} and number > $4 order by number limit $5`,
      [state, containing(search), upTo, after, scanRows],
    );
    const some = rows.filter(({ body }) => !wanted || matches(wanted, body));
    const ofOne = some.filter(({ body }) => isAlone(body, asked));
    alone.push(...ofOne.flatMap(({ serial, body: { claim } }) => (claim ? [{ serial, claim }] : [])));
    others += some.length - ofOne.length;
    after = rows.at(-1)?.number ?? after;
    if (rows.length < scanRows) return { alone, others };
  }
}

/** Those that a search or a filter finds, or all. */
export async function found(tx: Tx, asked: Decisions, upTo: number): Promise<Meant> {
  const { alone, others } = await matching(tx, asked, upTo);
  const some = alone.slice(0, approvedMax);
  return { some, left: alone.length - some.length, changed: 0, leftOut: contested(others) };
}
