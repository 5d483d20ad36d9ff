// What console hears and records has an end, by number or by age, applied once a minute by any instance. What operators
// wrote stays: documents with their versions, serial numbers, who they are.
import { wishWaitsDays } from '#pki/authority/wish';
import type { Store } from '#store/store';
import { clearAfter } from './projection/rebuild/run.js';

/** Events that a page or a program which was cut off can go on from; fewer where all lies in one folder. */
const feedMax = { embedded: 10_000, distributed: 100_000 } as const;
const announcementsMax = 1000;
/** For what an operator may look back on: the audit log, devices that were deleted, deliveries that nobody decided about. */
const lookBackDays = 400;
const deletedDevicesMax = 200;
/** Dead deliveries whose event is kept here too; the service that gave it up has it in any case. */
const deadEventsMax = 20_000;
const refusedMax = 20_000;
/** Wishes that the authority settled. */
const wishesMax = 5_000;
/** Discoveries that are over, the newest, and rows of their lists and results; one is always kept. They go a few at a time. */
const discoveriesMax = 200;
const discoveryRowsMax = 500_000;
const discoveriesSwept = 5;
/** Runs of schedules that are over; the newest. */
const runsMax = 5_000;
/** What was asked of devices, for the audit log: that of the newest entries. The others still say of how many devices they were. */
const askedMax = 1_000_000;
/** Rows that one sweep changes. */
const sweptMax = 2_000;

const sweeps: readonly string[] = [
  `delete from console.session where expires_at < now()`,
  `delete from console.login_tries where expire < extract(epoch from now()) * 1000`,
  `delete from console.instance
   where heard_at < now() - case state when 'stopped' then interval '1 hour' else interval '1 day' end`,
  `with gone as (
     delete from console.audit where at < now() - interval '${lookBackDays} days' returning id)
   delete from console.asked using gone where audit = gone.id`,
  `delete from console.dead_delivery where died_at < now() - interval '${lookBackDays} days'`,
  `update console.dead_delivery set event = null where number = any(array(
     select number from console.dead_delivery where event is not null order by number desc
     offset ${deadEventsMax} limit ${sweptMax} for update skip locked))`,
  `with gone as (
     delete from console.device where id = any(array(
       select id from console.device where unlisted_at < now() - interval '${lookBackDays} days'
       limit ${deletedDevicesMax} for update skip locked)) returning id
   ), history as (delete from console.history using gone where history.device_id = gone.id
   ), change as (delete from console.change using gone where change.device_id = gone.id
   ), foreseen as (delete from console.dry_run using gone where dry_run.device_id = gone.id
   ), readout as (delete from console.readout using gone where readout.device_id = gone.id
   ), reading as (delete from console.reading using gone where reading.device_id = gone.id)
   delete from console.assessment_result using gone where assessment_result.device_id = gone.id`,
  `delete from console.change where ctid = any(array(
     select ctid from console.change where at < now() - interval '${lookBackDays} days'
     limit ${sweptMax} for update skip locked))`,
  `delete from console.expiry_warning where warned_at < now() - interval '${lookBackDays} days'`,
  `delete from console.quarantine where state = 'gone' and changed_at < now() - interval '1 day'`,
  // More than discovery remembers.
  `delete from console.quarantine where number = any(array(
     select number from console.quarantine where state = 'refused' order by number desc offset ${refusedMax} limit ${sweptMax}))`,
  `update console.wish set state = 'refused', settled_at = now(), body = body - 'hash',
     reason = 'the authority did not fetch it for ${wishWaitsDays} days; ask again'
   where state = 'asked' and asked_at < now() - interval '${wishWaitsDays} days'`,
  `delete from console.wish where number = any(array(
     select number from console.wish where state <> 'asked' order by number desc offset ${wishesMax} limit ${sweptMax}))`,
  `delete from console.discovery where number = any(array(
     select number from (
       select number, ended, row_number() over newest_first as nth,
         sum(entries + found + known + held + claimed + refused + not_reached + again) over newest_first as rows
       from console.discovery window newest_first as (order by number desc)) as each
     where ended is not null and nth > 1 and (nth > ${discoveriesMax} or rows > ${discoveryRowsMax})
     order by number limit ${discoveriesSwept}))`,
  `delete from console.run where number = any(array(
     select number from console.run where ended_at is not null order by number desc offset ${runsMax} limit ${sweptMax}))`,
  // Of listeners that were deleted.
  `delete from console.report where subject like 'listener:%' and not exists (
     select 1 from console.document where kind = 'listener' and body is not null and subject = 'listener:' || id)`,
];

/** @param asked of what was asked of devices, how much is kept */
export async function keepHouse(store: Store, asked = askedMax): Promise<number> {
  for (const sweep of sweeps) await store.query(sweep);
  await forgetAsked(store, asked);
  await forgetAnnouncements(store);
  await clearAfter(store);
  return 0;
}

/** Resolves to how many went, 2,000 at most: a storm brings thousands a second, and nobody waits long for an only connection. */
export async function forgetFeed(store: Store): Promise<number> {
  const kept = feedMax[store.database.single ? 'embedded' : 'distributed'];
  const gone = await store.query(
    `delete from console.feed where sequence = any(array(
       select sequence from console.feed where sequence <= (select last from console.feed_head) - $1
       order by sequence limit $2 for update skip locked)) returning 1 as gone`,
    [kept, sweptMax],
  );
  return gone.length;
}

/** By whole entries, the oldest first: part of its devices would be taken for all of them. */
async function forgetAsked(store: Store, max: number): Promise<void> {
  await store.query(
    `with oldest as (
       select distinct audit from (select audit from console.asked order by audit limit ${10 * sweptMax}) as first
       where audit <= (select audit from console.asked order by audit desc offset $1 limit 1)
     ), gone as (
       delete from console.asked a using oldest where a.audit = oldest.audit returning a.audit, a.device_id
     )
     update console.audit set devices_gone = devices
     from (select audit, count(distinct device_id) as devices from gone group by audit) as entry
     where id = entry.audit`,
    [max],
  );
}

/** All but the newest of all, and the newest of each device. In steps: as many stay as there are devices, and all are looked at. */
async function forgetAnnouncements(store: Store): Promise<void> {
  for (let after: number | null = 0; after !== null;) {
    const rows: readonly { readonly last: number | null }[] = await store.query<{ last: number | null }>(
      `with part as (
         select id, number, device_id from console.announcement
         where number > $1 and number <= (select max(number) - ${announcementsMax} from console.announcement)
         order by number limit ${sweptMax}
       ), gone as (
         delete from console.announcement a using part
         where a.id = part.id and not exists (select 1 from console.device d where d.id = part.device_id and d.listed
           and d.state->>'lastAnnouncement' = part.id::text))
       select max(number) as last from part`,
      [after],
    );
    after = rows[0]?.last ?? null;
  }
}
