// Keeps the newest report of each instance. Not part of the projection: reports are no history, and no news for the feed.
import { consumer, type Consumer } from '#bus/consumer';
import type { Event } from '#events/event';
import { serviceReported, type ServiceReport } from '#events/service';
import type { Tx } from '#store/store';

interface Heard {
  readonly sequence: number;
  readonly body: ServiceReport;
}

export const instances: Consumer = consumer<null, Heard, ServiceReport>({
  name: 'console.instances',
  on: [serviceReported],
  // While services are upgraded, they speak before console is: nobody need decide about last minute's reports.
  fleeting: true,
  load: () => Promise.resolve(null),
  decide: ({ sequence, data }: Event<ServiceReport>) => ({ changes: [{ sequence, body: data }], events: [] }),
  save,
});

/**
 * Heard is when it came here, by the clock of the database: those of publishers go wrong. A report follows those of the
 * same start with a smaller number, and those of an earlier start. One of an earlier start is a late repeat, unless the
 * later start is not heard any more: then a clock was put back. How long that takes is as in status.ts.
 */
async function save(tx: Tx, heard: readonly Heard[]): Promise<void> {
  if (heard.length === 0) return;
  await tx.query(
    `insert into console.instance as i (service, instance, sequence, heard_at, state, body)
     select distinct on (1, 2) body->>'service', body->>'instance', sequence, now(), body->>'state', body
     from jsonb_to_recordset($1::jsonb) as r(sequence bigint, body jsonb)
     order by 1, 2, (body->>'startedAt')::timestamptz desc, sequence desc
     on conflict (service, instance) do update set sequence = excluded.sequence, heard_at = excluded.heard_at,
       state = excluded.state, body = excluded.body
     where ((i.body->>'startedAt')::timestamptz, i.sequence)
         < ((excluded.body->>'startedAt')::timestamptz, excluded.sequence)
       or ((i.body->>'startedAt')::timestamptz <> (excluded.body->>'startedAt')::timestamptz
         and i.heard_at < now() - make_interval(secs => (2 * (i.body->>'everyMs')::float + 10000) / 1000))`,
    [JSON.stringify(heard)],
  );
}
