// Held and refused devices in SQL, under the locks that rows.ts takes for their serial numbers.
import { randomUUID } from 'node:crypto';
import type { Tx } from '#store/store';
import { enqueue } from '#store/tasks';
import type { Change, Held, Known } from './known.js';

/** Refused devices that are remembered: the newest. */
const refusedMax = 20_000;

type Query = Pick<Tx, 'query'>;

/** The task that tries changed rules on devices that wait; see apply-rules.ts. */
export const applyRules = { kind: 'applyRules', budget: 'approval' } as const;

const columns = 'serial, state, announcement, data, others, refused';

export async function loadQuarantine(
  tx: Tx,
  serials: readonly string[],
): Promise<Pick<Known, 'quarantine' | 'heldCount'>> {
  const rows = await tx.query<Held & Record<string, unknown>>(
    `select ${columns}, settings_version as "settingsVersion" from discovery.quarantine where serial = any($1::text[])`,
    [serials],
  );
  const [counted] = await tx.query<{ held: number }>(
    `select count(*)::int as held from discovery.quarantine where state = 'held'`,
  );
  return { quarantine: new Map(rows.map((held) => [held.serial, held])), heldCount: counted?.held ?? 0 };
}

/** Certificates that all who wait with these serial numbers, or were refused, showed: to lock by. */
export async function heldFingerprints(tx: Query, serials: readonly string[]): Promise<readonly string[]> {
  if (serials.length === 0) return [];
  const rows = await tx.query<{ fingerprint: string | null }>(
    `select said->'transport'->>'fingerprint' as fingerprint from discovery.quarantine
     cross join lateral (select data as said union all select jsonb_array_elements(others || refused)->'data') as each
     where serial = any($1::text[])`,
    [serials],
  );
  return rows.flatMap(({ fingerprint }) => fingerprint ?? []);
}

/** Devices that wait, and on which the rules of these settings were not tried yet. */
export async function unjudged(
  tx: Query,
  settingsVersion: number,
  limit: number,
): Promise<readonly string[]> {
  const rows = await tx.query<{ serial: string }>(
    `select serial from discovery.quarantine
     where state = 'held' and settings_version < $1 order by settings_version, serial limit $2`,
    [settingsVersion, limit],
  );
  return rows.map(({ serial }) => serial);
}

export async function markJudged(tx: Tx, settingsVersion: number, serials: readonly string[]): Promise<void> {
  await tx.query(
    `update discovery.quarantine set settings_version = $1 where serial = any($2::text[]) and settings_version < $1`,
    [settingsVersion, serials],
  );
}

export async function saveQuarantine(tx: Tx, changes: readonly Change[]): Promise<void> {
  const last = new Map<string, Held | null>();
  for (const change of changes) {
    if (change.kind === 'held') last.set(change.held.serial, change.held);
    if (change.kind === 'released') last.set(change.serial, null);
  }
  if (last.size === 0) return;
  const released = [...last].flatMap(([serial, held]) => (held ? [] : [serial]));
  const held = [...last.values()].filter((one) => one !== null);
  await tx.query(`delete from discovery.quarantine where serial = any($1::text[])`, [released]);
  if (held.length === 0) return;
  await tx.query(
    `insert into discovery.quarantine (${columns}, settings_version)
     select ${columns}, "settingsVersion" from jsonb_to_recordset($1::jsonb)
       as row (serial text, state text, announcement uuid, data jsonb, others jsonb, refused jsonb, "settingsVersion" int)
     order by serial
     on conflict (serial) do update set state = excluded.state, announcement = excluded.announcement,
       data = excluded.data, others = excluded.others, refused = excluded.refused,
       settings_version = excluded.settings_version, changed_at = now()`,
    [JSON.stringify(held)],
  );
  if (held.some(({ state }) => state === 'refused')) await forgetRefused(tx);
  const judgedBy = held.flatMap(({ state, settingsVersion }) => (state === 'held' ? [settingsVersion] : []));
  if (judgedBy.length > 0) await tryNewerRules(tx, Math.min(...judgedBy));
}

/** The settings changed while this was decided, or before all were tried: whoever changed them could not see who is held. */
async function tryNewerRules(tx: Tx, judgedBy: number): Promise<void> {
  const [settings] = await tx.query<{ version: number }>(
    `select version from discovery.document where kind = 'settings' for share`,
  );
  if ((settings?.version ?? 0) > judgedBy) await askForRules(tx);
}

/** Has the rules tried, when anybody waits. */
export async function askForRules(tx: Tx): Promise<void> {
  const waiting = await tx.query(`select 1 from discovery.quarantine where state = 'held' limit 1`);
  if (waiting.length === 0) return;
  const request = { ...applyRules, id: randomUUID(), key: 'settings', payload: {}, notBefore: null };
  await enqueue(tx, 'discovery', [request], (queued) => queued);
}

async function forgetRefused(tx: Tx): Promise<void> {
  await tx.query(
    `delete from discovery.quarantine where state = 'refused' and serial = any(array(
       select serial from discovery.quarantine where state = 'refused' order by changed_at desc offset $1 limit 1000))`,
    [refusedMax],
  );
}
