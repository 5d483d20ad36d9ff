// One dead delivery: why it was given up, and the event itself.
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useDelivery } from '../../api/queries.js';
import type { DeadDeliveryDetail } from '../../api/types.js';
import { Loaded } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { PathBack } from '../../parts/path-back.js';
import { Exactly } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { Decisions } from './decisions.js';

const route = getRouteApi('/deliveries/$consumer/$eventId');

export function DeliveryPage() {
  const { consumer, eventId } = route.useParams();
  const delivery = useDelivery(consumer, eventId);
  return (
    <div className="stack">
      <PathBack to="/deliveries" label="Deliveries" />
      {!delivery.data && <PageHead title="Dead delivery" />}
      <Loaded query={delivery}>{(data) => <Delivery delivery={data} />}</Loaded>
    </div>
  );
}

function Delivery({ delivery }: { readonly delivery: DeadDeliveryDetail }) {
  const { consumer, eventId, eventType, reason } = delivery;
  const mayWrite = useMayWrite();
  const navigate = useNavigate();
  const actions = mayWrite && (
    <Decisions
      which={{ deliveries: [{ consumer, eventId }] }}
      what="this event"
      replayLabel="Replay"
      dropLabel="Drop"
      size="sm"
      onDone={() => void navigate({ to: '/deliveries' })}
    />
  );
  return (
    <>
      <PageHead title={eventType} actions={actions}>
        Given up by <span className="mono">{consumer}</span>
      </PageHead>
      <section className="card" aria-labelledby="reason">
        <h2 id="reason">Reason</h2>
        <pre>{reason}</pre>
      </section>
      <Facts delivery={delivery} />
      <section className="card" aria-labelledby="data">
        <h2 id="data">What it says</h2>
        <Data event={delivery.event} />
      </section>
    </>
  );
}

function Facts({
  delivery: { eventId, subject, attempts, diedAt, event },
}: {
  readonly delivery: DeadDeliveryDetail;
}) {
  return (
    <section className="card" aria-labelledby="event">
      <h2 id="event">Event</h2>
      <dl className="facts">
        <dt>Id</dt>
        <dd className="mono">{eventId}</dd>
        <dt>Subject</dt>
        <dd className="mono">{subject || '–'}</dd>
        <dt>Tried</dt>
        <dd>{attempts === 1 ? 'once' : `${attempts} times`}</dd>
        <dt>Given up</dt>
        <dd>
          <Exactly at={diedAt} />
        </dd>
        {event && (
          <>
            <dt>Published by</dt>
            <dd>
              {event.publisher}, version {event.version}
            </dd>
            <dt>Caused by</dt>
            <dd className="mono">{event.causedBy ?? '–'}</dd>
            <dt>Trace</dt>
            <dd className="mono">{event.traceparent ?? '–'}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Data({ event }: { readonly event: DeadDeliveryDetail['event'] }) {
  if (!event) return <p className="dim">Not kept here. The service that gave it up still has it.</p>;
  if (event.omitted)
    return <p className="dim">Too large to be shown. The service that gave it up has it whole.</p>;
  return <pre>{JSON.stringify(event.data, null, 2)}</pre>;
}
