// What every task finds out as it begins: whether its device may be spoken with, and is spoken with by no other task.
import { known, type Known } from '#device/ways/known';
import { membership, type Membership } from '#events/device';
import { identity as identitySchema, type Identity } from '#events/identity';
import { settingsChanged, type Settings } from '#events/settings';
import { readDocument } from '#store/documents';
import type { Tx } from '#store/store';
import type { Task } from '#store/tasks';
import * as z from 'zod';
import type { Whom } from './connect.js';
import { leftReason, type Standing } from './choose.js';
import { heldFor } from './credentials/held.js';
import { authoritiesOf } from './mutual.js';
import { readOnce } from './read-once.js';
import { ofRuns } from './runs/chunk-devices.js';
import { kinds, schema } from './task.js';

interface Row {
  readonly identity: unknown;
  readonly fingerprint: string | null;
  readonly standing: Standing;
  readonly flappingAt: Date | null;
  readonly lastStartedAt: Date | null;
  readonly ways: unknown;
  /** Another task speaks with it. */
  readonly busy: boolean;
  readonly wrote: boolean;
  readonly groups: unknown;
}

/** A device as it is now, which may have changed since its task was made. */
interface Current {
  /** Null: nobody has told of it yet. */
  readonly identity: Identity | null;
  readonly known: Known | null;
}

export interface Turn {
  /** Null: it is not known. */
  readonly device: (Omit<Row, 'identity' | 'ways' | 'groups' | 'busy' | 'wrote'> & Current) | null;
  /** Why it is not to be spoken with any more; null: it is. */
  readonly left: ReturnType<typeof leftReason>;
  readonly settings: Settings | null;
  /** By the database's clock: the same for all instances. */
  readonly now: Date;
  readonly groups: readonly Membership[];
  /** When to look again; null: no other task speaks with the device. */
  readonly busyUntil: Date | null;
  /** The task has changed its device before. */
  readonly wrote: boolean;
}

export const settingsOf = async (on: Pick<Tx, 'query'>): Promise<Settings | null> =>
  (await readDocument(on, schema, settingsChanged))?.body ?? null;

/** How many tasks may run at a time; none before there are settings. */
export const allowedBy =
  (setting: 'maxNumberTasks' | 'scheduledTasksMax') =>
  async (tx: Tx): Promise<number> =>
    (await settingsOf(tx))?.[setting] ?? 0;

const lookAgainMs = 1_000;

/**
 * In the transaction that claims the task. Tasks of other budgets are claimed at the same time: hence the lock, and a look
 * by a statement of its own after it, which sees what the holder before has written.
 */
export async function turnOf(tx: Tx, { id, key, kind }: Task): Promise<Turn> {
  const { now, mine } = await takeTurns(tx, [key]);
  const [row] = await tx.query<Row>(
    `select identity, fingerprint, standing, flapping_at as "flappingAt", last_started_at as "lastStartedAt", ways, groups,
       exists (select from ${schema}.task where key = $2 and kind = any($3::text[]) and state = 'running'
         and lease_until > statement_timestamp())
       or exists (select ${ofRuns} and d.device_id = $1) as busy,
       exists (select from ${schema}.change where task_id = $4) as wrote
     from ${schema}.device where id = $1`,
    [key, key, kinds.filter((other) => other !== kind), id],
  );
  const free = mine.has(key) && row?.busy !== true;
  return {
    now,
    settings: await readOnce(tx, 'settings', () => settingsOf(tx)),
    left: leftReason(row?.standing),
    device: row
      ? {
          ...row,
          identity: identitySchema.safeParse(row.identity).data ?? null,
          known: known.safeParse(row.ways).data ?? null,
        }
      : null,
    groups: groupsIn(row?.groups),
    wrote: row?.wrote === true,
    busyUntil: free ? null : new Date(now.getTime() + lookAgainMs),
  };
}

const groupsIn = (groups: unknown) => z.array(membership).safeParse(groups).data ?? [];

interface Turns {
  /** By the database's clock. */
  readonly now: Date;
  /** Those of the devices that nobody else begins to speak with before this transaction ends. */
  readonly mine: ReadonlySet<string>;
}

/** Nobody is waited for. */
export async function takeTurns(tx: Tx, deviceIds: readonly string[]): Promise<Turns> {
  const rows = await tx.query<{ id: string; now: Date; mine: boolean }>(
    `select id, clock_timestamp() as now, pg_try_advisory_xact_lock(hashtextextended('${schema} ' || id, 0)) as mine
     from unnest($1::text[]) as id`,
    [deviceIds],
  );
  const mine = new Set(rows.flatMap((row) => (row.mine ? [row.id] : [])));
  return { now: rows[0]?.now ?? new Date(), mine };
}

interface Named extends Pick<Whom, 'identity' | 'fingerprint'> {
  readonly deviceId: string;
}

interface Found extends Pick<Turn, 'settings' | 'groups'> {
  readonly device: Pick<NonNullable<Turn['device']>, 'identity' | 'fingerprint' | 'known'> | null;
}

/**
 * With the credentials that may open it as it is now. Where somebody has moved it since the task was made, that is whom it is about:
 * what is kept for it would else go to whoever is where it was.
 * @param named as the task was made
 */
export async function whomOf(tx: Tx, named: Named, { settings, device, groups }: Found): Promise<Whom> {
  const { deviceId } = named;
  const { identity, fingerprint } = device?.identity
    ? { identity: device.identity, fingerprint: device.fingerprint }
    : named;
  const authorities = settings ? await readOnce(tx, 'authorities', () => authoritiesOf(tx, settings)) : [];
  const vouched = settings?.authentication === 'mutual';
  const owner = { deviceId, serial: identity.serial, fingerprint, vouched };
  return {
    identity,
    fingerprint,
    networks: settings?.deviceNetworks ?? [],
    authorities,
    // Where nobody is named, no device is believed.
    trusted: vouched ? authorities : null,
    community: settings?.probeCommunity ?? null,
    known: device?.known ?? null,
    held: await heldFor(tx, { ...owner, address: identity.ip }, groups),
  };
}
