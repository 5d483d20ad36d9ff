// Keeps the newest report of each instance. Not part of the projection: reports are no history, and no news for the feed.
import { consumer, type Consumer } from '#bus/consumer';
import type { Event } from '#events/event';
import { serviceReported, type ServiceReport } from '#events/service';
import type { Tx } from '#store/store';

interface Heard {
  readonly sequence: number;
  readonly heardAt: string;
  readonly body: ServiceReport;
}

export const instances: Consumer = consumer<null, Heard, ServiceReport>({
  name: 'console.instances',
  on: [serviceReported],
  // While services are upgraded, they speak before console is: nobody need decide about last minute's reports.
  fleeting: true,
  load: () => Promise.resolve(null),
  decide: ({ sequence, occurredAt, data }: Event<ServiceReport>) => ({
    changes: [{ sequence, heardAt: occurredAt, body: data }],
    events: [],
  }),
  save,
});

async function save(tx: Tx, heard: readonly Heard[]): Promise<void> {
  if (heard.length === 0) return;
  await tx.query(
    `insert into console.instance as i (service, instance, sequence, heard_at, state, body)
     select distinct on (1, 2) body->>'service', body->>'instance', sequence, least("heardAt", now()), body->>'state', body
     from jsonb_to_recordset($1::jsonb) as r(sequence bigint, "heardAt" timestamptz, body jsonb)
     order by 1, 2, sequence desc
     on conflict (service, instance) do update set sequence = excluded.sequence, heard_at = excluded.heard_at,
       state = excluded.state, body = excluded.body where i.sequence < excluded.sequence`,
    [JSON.stringify(heard)],
  );
}
