// What is deleted, and what is not.
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '#store/store';
import { databases, openFor } from '../../test/support/fed-delivery.js';
import { forgetFeed, keepHouse } from './housekeeping.js';

describe.each(Object.keys(databases))('housekeeping on %s', (name) => {
  let store: Store;
  beforeAll(async () => {
    store = await openFor(name, 'console');
  });
  const ids = async (table: string, column: string) =>
    (await store.query<{ id: string }>(`select ${column} as id from console.${table}`)).map(({ id }) => id);

  it('forgets devices long after they were deleted, with all that is about them', async () => {
    const [listed, deleted, old] = [randomUUID(), randomUUID(), randomUUID()];
    for (const [id, since] of [
      [listed, null],
      [deleted, '1 day'],
      [old, '401 days'],
    ])
      await store.query(
        `insert into console.device (id, listed, unlisted_at) values ($1, $2::interval is null, now() - $2::interval)`,
        [id, since],
      );
    const all = [[listed, deleted, old]];
    await store.query(
      `insert into console.history (device_id, ordinal, at, type, text)
       select id, 1, now(), 'device.retired', '' from unnest($1::uuid[]) as id`,
      all,
    );
    await store.query(
      `insert into console.assessment_result (device_id, body) select id, '{}' from unnest($1::uuid[]) as id`,
      all,
    );
    await keepHouse(store);
    const kept = [listed, deleted].toSorted();
    expect((await ids('device', 'id')).toSorted()).toEqual(kept);
    expect((await ids('history', 'device_id')).toSorted()).toEqual(kept);
    expect((await ids('assessment_result', 'device_id')).toSorted()).toEqual(kept);
  });

  it('forgets what old entries of the audit log asked of devices, with them', async () => {
    const kept = randomUUID();
    for (const [request, age] of [
      [kept, '399 days'],
      [randomUUID(), '401 days'],
    ])
      await store.query(
        `with entry as (
           insert into console.audit (at, who, action, outcome)
           values (now() - $2::interval, 'ada', 'assessment.requested', 'done') returning id)
         insert into console.asked (request, audit, device_id) select $1, id, gen_random_uuid() from entry`,
        [request, age],
      );
    await keepHouse(store);
    expect(await ids('asked', 'request')).toEqual([kept]);
  });

  it('forgets the devices of old entries of the audit log by whole entries, which keep how many they were', async () => {
    await store.query('truncate console.audit, console.asked');
    /** An entry that asked each of so many devices the same twice. */
    const entry = (devices: number) =>
      store.query(
        `with entry as (
           insert into console.audit (who, action, outcome) values ('ada', 'assessment.requested', 'done') returning id)
         insert into console.asked (request, audit, device_id)
         select gen_random_uuid(), id, md5((n / 2)::text)::uuid from entry, generate_series(0, $1::int * 2 - 1) as n`,
        [devices],
      );
    const kept = async () => {
      const rows = await store.query<{ gone: number | null; left: number }>(
        `select devices_gone as gone, (select count(*)::int from console.asked where audit = a.id) as left
         from console.audit a order by id`,
      );
      return rows.map(({ gone, left }) => [gone, left]);
    };
    for (const devices of [3, 1, 2, 3]) await entry(devices);
    await keepHouse(store, 18);
    expect(await kept()).toEqual([[null, 6], [null, 2], [null, 4], [null, 6]]); // prettier-ignore
    // One too many, and one too few for the entry.
    await keepHouse(store, 17);
    expect(await kept()).toEqual([[3, 0], [null, 2], [null, 4], [null, 6]]); // prettier-ignore
    await keepHouse(store, 10);
    expect(await kept()).toEqual([[3, 0], [1, 0], [null, 4], [null, 6]]); // prettier-ignore
    await keepHouse(store, 9);
    expect(await kept()).toEqual([[3, 0], [1, 0], [2, 0], [null, 6]]); // prettier-ignore
    // Many at a time, and not all of them: entries that 20,000 of them belong to.
    for (let n = 0; n < 4; n += 1) await entry(4_000);
    await keepHouse(store, 0);
    const many = [4_000, 0];
    expect(await kept()).toEqual([[3, 0], [1, 0], [2, 0], [3, 0], many, many, many, [null, 8_000]]); // prettier-ignore
    await keepHouse(store, 0);
    expect((await kept()).at(-1)).toEqual(many);
  });

  it('keeps the newest announcements, and the newest of each device however old', async () => {
    await store.query(
      `insert into console.announcement (id, body, device_id)
       select gen_random_uuid(), jsonb_build_object('n', n), gen_random_uuid() from generate_series(1, 6000) as n`,
    );
    const of = (n: number) =>
      `select id, device_id from console.announcement where (body->>'n')::int in (${n}, ${n + 2_500})`;
    await store.query(
      `insert into console.device (id, listed, state)
       select device_id, true, jsonb_build_object('lastAnnouncement', id) from (${of(1)}) as newest`,
    );
    await store.query(
      `insert into console.device (id, listed, state)
       select device_id, true, '{"lastAnnouncement": null}' from (${of(2)}) as older`,
    );
    await keepHouse(store);
    const left = await store.query<{ n: number }>(
      `select (body->>'n')::int as n from console.announcement order by number`,
    );
    expect(left.slice(0, 3)).toEqual([{ n: 1 }, { n: 2_501 }, { n: 5_001 }]);
    expect(left).toHaveLength(1_002);
    await store.query('truncate console.announcement');
  });

  it('keeps the newest discoveries that are over, fewer where they are long', async () => {
    const insert = (entries: number, ended: string | null) =>
      store.query(
        `insert into console.discovery (id, asked_by, format, entries, addresses, known_before, parts, ended)
         values (gen_random_uuid(), 'a', 'text', $1, $1, 0, 1, $2)`,
        [entries, ended],
      );
    for (const [entries, ended] of [
      [1, null],
      [2, 'done'],
      [100_000, 'done'],
      [400_000, 'done'],
    ] as const)
      await insert(entries, ended);
    await keepHouse(store);
    expect(await ids('discovery', 'entries')).toEqual([1, 100_000, 400_000]);
    await insert(600_000, 'cancelled');
    await keepHouse(store);
    expect(await ids('discovery', 'entries')).toEqual([1, 600_000]);
  });

  it('forgets what was changed long ago, some at a time', async () => {
    await store.query(
      `insert into console.change (task_id, setting, device_id, place, title, before, after, driver, verified, at)
       select gen_random_uuid(), 'svc.telnet', gen_random_uuid(), 0, '', 'true', 'false', 'api', true,
         now() - case n when 0 then interval '399 days' else interval '401 days' end
       from generate_series(0, 2500) as n`,
    );
    await keepHouse(store);
    expect(await ids('change', 'setting')).toHaveLength(501);
    await keepHouse(store);
    expect(await ids('change', 'setting')).toHaveLength(1);
  });

  it('keeps the newest of the event stream, and lets the others go in steps', async () => {
    const kept = name === 'PGlite' ? 10_000 : 100_000;
    await store.query(
      `insert into console.feed (sequence, event) select n, '{}' from generate_series(1, $1::int) as n`,
      [kept + 2_500],
    );
    await store.query('update console.feed_head set last = $1', [kept + 2_500]);
    const steps = [await forgetFeed(store), await forgetFeed(store), await forgetFeed(store)];
    expect(steps).toEqual([2_000, 500, 0]);
    const [row] = await store.query<{ first: number; n: number }>(
      'select min(sequence) as first, count(*) as n from console.feed',
    );
    expect(row).toEqual({ first: 2_501, n: kept });
    await store.query('truncate console.feed');
  });

  it('forgets reports of deleted listeners, and dead deliveries that nobody decided about', async () => {
    await store.query(
      `insert into console.document (kind, id, version, body) values ('listener', 'here', 1, '{}'), ('listener', 'gone', 2, null)`,
    );
    await store.query(
      `insert into console.report (subject, sequence, body)
       select subject, 1, '{}' from unnest(array['seats', 'listener:here', 'listener:gone']) as subject`,
    );
    await store.query(
      `insert into console.dead_delivery (consumer, event_id, event_type, attempts, reason, died_at)
       select 'licensing.seats', gen_random_uuid(), type, 4, '', now() - age
       from (values ('new', interval '1 day'), ('old', interval '401 days')) as dead (type, age)`,
    );
    await keepHouse(store);
    expect((await ids('report', 'subject')).toSorted()).toEqual(['listener:here', 'seats']);
    expect(await ids('dead_delivery', 'event_type')).toEqual(['new']);
  });
});
