// What a task of this service carries. Of each kind a device has at most one that waits, and one of any kind that runs.
import * as z from 'zod';
import { requestedBy, type TaskMode } from '#events/assessment';
import { trigger, type Trigger } from '#events/device';
import { identity } from '#events/identity';

export const schema = 'assessment';
export const kind = 'assess' as const satisfies TaskMode;
export const kinds = ['assess', 'dryRun', 'undo'] as const satisfies readonly TaskMode[];
/** Tasks that announcements and operators cause; scheduled work has a budget of its own. */
export const budget = 'instantOn';

export const payload = z.object({
  identity,
  fingerprint: z.string().nullable(),
  /** The strongest of its causes: see `rank`. */
  trigger,
  /** In the order in which they are applied. */
  policies: z.array(z.string()),
  /** Those of them that an operator asked for by name: read, and reported, even where nothing may be remediated. */
  named: z.array(z.string()),
  /** Announcements whose effect this will be. */
  covers: z.array(z.uuid()),
  requestedBy,
});
export type Payload = z.infer<typeof payload>;

const wish = z.object({ identity, fingerprint: z.string().nullable(), requestedBy });

/** As many wishes share a task; the newest count. */
const wishesMax = 20;

/**
 * What an assessment would change, by the policies of each wish: the device is read once for all of them. A wish without a
 * policy is for every setting.
 */
export const dryRunPayload = wish.extend({ wishes: z.array(z.array(z.string())) });
export type DryRunPayload = z.infer<typeof dryRunPayload>;

/** Tasks whose changes are put back, in the order in which that was asked for. */
export const undoPayload = wish.extend({ undoes: z.array(z.uuid()) });
export type UndoPayload = z.infer<typeof undoPayload>;

export type AnyPayload = Payload | DryRunPayload | UndoPayload;

/** Of two tasks of one kind. */
export function mergeAny(queued: AnyPayload, joining: AnyPayload): AnyPayload {
  if ('wishes' in queued && 'wishes' in joining) {
    const all = [...queued.wishes, ...joining.wishes].map((policies) => JSON.stringify(policies));
    const wishes = [...new Set(all)].map((text) => z.array(z.string()).parse(JSON.parse(text)));
    return { ...joining, wishes: wishes.slice(-wishesMax), requestedBy: askers(queued, joining) };
  }
  if ('undoes' in queued && 'undoes' in joining) {
    const undoes = [...new Set([...queued.undoes, ...joining.undoes])].slice(-wishesMax);
    return { ...joining, undoes, requestedBy: askers(queued, joining) };
  }
  return 'covers' in queued && 'covers' in joining ? merge(queued, joining) : joining;
}

/** As many as an event can name; a device that announces more often than that while it waits is named by the newest. */
const coversMax = 1000;

/** A cause that joins a queued task, chosen with it in view (see decide.ts): the task covers both. */
export function merge(queued: Payload, joining: Payload): Payload {
  const covers = [...new Set([...queued.covers, ...joining.covers])].slice(-coversMax);
  return { ...joining, covers, requestedBy: askers(queued, joining) };
}

const askersMax = 20;

/** Each once, the newest last. What was queued by an older version names nobody. */
export function askers(queued: Partial<Pick<Payload, 'requestedBy'>>, joining: Pick<Payload, 'requestedBy'>) {
  const before = (queued.requestedBy ?? []).filter((name) => !joining.requestedBy.includes(name));
  return [...before, ...joining.requestedBy].slice(-askersMax);
}

/** Which cause says what is applied where several share a task: an instant-on one brings all that an edit would, and more. */
const rank: Readonly<Record<Trigger, number>> = {
  discovered: 1,
  refresh: 1,
  filterEdited: 2,
  policyEdited: 2,
  seatFreed: 3,
  announced: 3,
  requested: 4,
};

/** The trigger of a task that is joined; the newest of two equals. */
export function stronger(queued: Payload | null, joining: Trigger): Trigger {
  return queued && !onlyNamed(queued) && rank[queued.trigger] > rank[joining] ? queued.trigger : joining;
}

/** Whether it is there for nothing but what operators asked for by name. */
const onlyNamed = ({ trigger: cause, policies, named }: Payload): boolean =>
  cause === 'requested' && named.length > 0 && policies.every((id) => named.includes(id));

/** Chosen policies, then the named ones: each once, where it stands last, since the later decides. */
export const inOrder = (chosen: readonly string[], named: readonly string[]): string[] => [
  ...new Set([...chosen.filter((id) => !named.includes(id)), ...named]),
];

const spacingMs = 300_000;

/** A flapping device is assessed once in five minutes (R18); null when it may be at once. */
export function spacedUntil(
  { flappingAt, lastStartedAt }: { readonly flappingAt: Date | null; readonly lastStartedAt: Date | null },
  now: Date,
): Date | null {
  if (flappingAt === null || lastStartedAt === null) return null;
  if (now.getTime() - flappingAt.getTime() > spacingMs) return null;
  const until = new Date(lastStartedAt.getTime() + spacingMs);
  return until > now ? until : null;
}
