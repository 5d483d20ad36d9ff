// The state of seats in SQL. Whoever holds the lock of all pools is alone: nobody else reads or writes a seat meanwhile.
import { forgetRetired } from '#store/retired';
import type { Tx } from '#store/store';
import { lapsed, type Change, type Device, type Pool, type Seats } from './seats.js';

/** How many waiting devices one transaction seats at most; the sweep seats the rest. */
export const waitingMax = 500;

interface Wanted {
  readonly deviceIds: readonly string[];
  readonly withWaiting: boolean;
}

export async function loadSeats(tx: Tx, { deviceIds, withWaiting }: Wanted): Promise<Seats> {
  const pools = await tx.query<Pool>(
    `select id, version, seats, taken, lapses_at as "lapsesAt" from licensing.pool order by id for update`,
  );
  const [row] = await tx.query<{ now: Date; waiting: number }>(
    `select now() as now, (select count(*) from licensing.device where pool is null and not retired) as waiting`,
  );
  const devices = await tx.query<Device>(
    `select ${columns} from licensing.device where id = any($1::uuid[])`,
    [deviceIds],
  );
  const waiting = withWaiting
    ? await tx.query<Device>(
        `select ${columns} from licensing.device where pool is null and not retired order by arrival limit $1`,
        [waitingMax],
      )
    : [];
  return {
    now: row?.now ?? new Date(),
    pools: new Map(pools.map((pool) => [pool.id, pool])),
    devices: new Map(devices.map((device) => [device.id, device])),
    waiting,
    waitingCount: Number(row?.waiting ?? 0),
  };
}

const columns = 'id, pool, retired, sequence, fact';

/** Those who came last to a pool that has lapsed, or has fewer seats than are taken: at most `limit`. */
export async function loadSurplus(tx: Tx, seats: Seats, limit: number): Promise<readonly Device[]> {
  const surplus: Device[] = [];
  for (const pool of seats.pools.values()) {
    const excess = lapsed(pool, seats.now) ? pool.taken : pool.taken - pool.seats;
    const wanted = Math.min(excess, limit - surplus.length);
    if (wanted <= 0) continue;
    surplus.push(
      ...(await tx.query<Device>(
        `select ${columns} from licensing.device where pool = $1 order by arrival desc limit $2`,
        [pool.id, wanted],
      )),
    );
  }
  return surplus;
}

export async function saveSeats(tx: Tx, changes: readonly Change[]): Promise<void> {
  await savePools(tx, changes);
  const last = new Map(
    changes.flatMap((change) => (change.kind === 'device' ? [[change.after.id, change.after]] : [])),
  );
  if (last.size === 0) return;
  await tx.query(
    `insert into licensing.device (id, pool, retired, retired_at, sequence, fact)
     select id, pool, retired, case when retired then now() end, sequence, fact
     from jsonb_to_recordset($1::jsonb) as row (place int, id uuid, pool text, retired boolean, sequence bigint, fact jsonb)
     order by place
     on conflict (id) do update
       set pool = excluded.pool, retired = excluded.retired, retired_at = excluded.retired_at, sequence = excluded.sequence, fact = excluded.fact`,
    [JSON.stringify([...last.values()].map((device, place) => ({ ...device, place })))],
  );
  if ([...last.values()].some(({ retired }) => retired)) await forgetRetired(tx, 'licensing.device');
}

/** How many seats are taken is added up from the changes: the table is never counted. */
async function savePools(tx: Tx, changes: readonly Change[]): Promise<void> {
  const touched = changes.flatMap((change) =>
    change.kind === 'pool' ? [change.pool.id] : [change.before?.pool ?? null, change.after.pool],
  );
  const ids = new Set(touched.filter((id) => id !== null));
  const taken = new Map([...ids].map((id) => [id, 0]));
  for (const change of changes) {
    if (change.kind !== 'device' || change.before?.pool === change.after.pool) continue;
    for (const [id, by] of [
      [change.before?.pool ?? null, -1],
      [change.after.pool, 1],
    ] as const) {
      if (id !== null) taken.set(id, (taken.get(id) ?? 0) + by);
    }
  }
  for (const change of changes) if (change.kind === 'pool') await savePool(tx, change.pool);
  await tx.query(
    `update licensing.pool set taken = pool.taken + delta.taken
     from jsonb_to_recordset($1::jsonb) as delta (id text, taken int) where pool.id = delta.id and delta.taken <> 0`,
    [JSON.stringify([...taken].map(([id, by]) => ({ id, taken: by })))],
  );
}

async function savePool(tx: Tx, { id, version, seats, lapsesAt }: Pool): Promise<void> {
  await tx.query(
    `insert into licensing.pool (id, version, seats, lapses_at) values ($1, $2, $3, $4)
     on conflict (id) do update set version = excluded.version, seats = excluded.seats, lapses_at = excluded.lapses_at`,
    [id, version, seats, lapsesAt],
  );
}
