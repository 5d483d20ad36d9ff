// THE CONTRACT between Muster's services, and with anyone who subscribes to its bus.
//
//   event.ts       the envelope, and defineEvent: how a noun says what it publishes
//   identity.ts    who a device is: serial number, model, MAC, addresses (R9, R31)
//   device.ts      what happens to a device, from discovered to grouped; announcement.ts: what it said before;
//                  conflict.ts: whose a serial number is, as an operator decides; approval.ts: who is held until somebody
//                  admits it; refusal.ts: who was turned away at the edge; discovery.ts: what operators have looked for
//   assessment.ts  policy against device: requested, started, finished; undo.ts: put back; device-setting.ts: a setting,
//                  and what became of it; vouch.ts: a moved device is the device, says a person
//   schedule.ts    when that comes by itself, and how each run of it goes
//   document.ts    what operators write, published whole as <noun>.changed: settings.ts, policy.ts, group.ts, listener.ts,
//                  licence.ts, serial-list.ts, trust-set.ts; asks-for-certificates.ts: whether authorities are needed
//   interval.ts    how often something is done, as operators write it
//   ipsec.ts       rules of IPsec: what a device and its hosts agree on (R68)
//   certificate.ts which identity gateways present; what ends soon
//   delivery.ts    an event that could not be handled: died, replayed, dropped
//   service.ts     how each process fares
//   catalogue.ts   all of them; EVENTS.md is written from it and checked by a test
//   cloud-event.ts what travels beside an event in the headers of its message
//   message-of.ts  what an error says; back-off.ts: how long to wait after it; storable.ts, cut.ts: text that a database takes.
//                  Here, as every library may import this one
//   async-api.ts   the bus as an AsyncAPI document, for integrators: see INTEGRATING.md
import { randomUUID } from 'node:crypto';
import * as z from 'zod';

/** Who may put an event on the bus. `every` is each service, about its own work. */
export type Publisher =
  'gateway' | 'discovery' | 'licensing' | 'autogroup' | 'assessment' | 'forwarding' | 'console' | 'every';

/** Facts tell what happened; control asks for something, and waits behind no facts. */
export type Plane = 'facts' | 'control';

/** What is around the data of every event. */
export const envelope = z.strictObject({
  id: z.uuid().toLowerCase(),
  type: z.string(),
  version: z.int().positive(),
  /** The service that published it. */
  publisher: z.string().max(32),
  /** What it is about: a device id, a serial number before there is one, or a document's id. */
  subject: z.string().max(128),
  /** Grows with every event of one publisher about one subject; compare within a publisher only. */
  sequence: z.int().nonnegative(),
  occurredAt: z.iso.datetime(),
  /** Id of the event that led to this one. */
  causedBy: z.uuid().nullable(),
  /** W3C trace context of the work that led to it. */
  traceparent: z.string().max(64).nullable(),
  data: z.unknown(),
});

/** An event as it lies in an outbox, travels on the bus and stays in the journal. */
export interface Event<D = unknown> extends Readonly<Omit<z.infer<typeof envelope>, 'data'>> {
  readonly data: D;
}

/** What a decision says should be told; delivery stamps it into an Event when the decision is saved. */
export interface Draft<D = unknown> {
  readonly definition: EventDefinition<D>;
  readonly id: string;
  readonly data: D;
}

export interface EventDefinition<D = unknown> {
  /** `noun.pastTense`, also the routing key. */
  readonly type: string;
  readonly version: number;
  readonly publisher: Publisher;
  readonly plane: Plane;
  /** One sentence for EVENTS.md. */
  readonly title: string;
  readonly schema: z.ZodType<D>;
  readonly example: D;
  subjectOf(data: D): string;
  /** A draft of this event; `id` only where repeats must collapse into one event. */
  draft(data: D, id?: string): Draft<D>;
  /** True when `event` is of this type, whatever its version. */
  is(event: Event): event is Event<D>;
}

interface Definition<D> {
  readonly type: string;
  readonly version?: number;
  readonly publisher: Publisher;
  readonly plane?: Plane;
  readonly title: string;
  readonly schema: z.ZodType<D>;
  readonly subject: (data: NoInfer<D>) => string;
  /** Not asked for its type: it would widen the enums of the schema to text. */
  readonly example: NoInfer<D>;
}

/** ` (R33, R36)` is for those who build Muster, not for those who read what it publishes. */
const requirement = / \(R\d+(?:[-, ]+R\d+)*\)/;

export function defineEvent<D>(of: Definition<D>): EventDefinition<D> {
  const definition: EventDefinition<D> = {
    type: of.type,
    version: of.version ?? 1,
    publisher: of.publisher,
    plane: of.plane ?? 'facts',
    title: of.title.replace(requirement, ''),
    schema: of.schema,
    example: of.example,
    subjectOf: of.subject,
    draft: (data, id = randomUUID()) => ({ definition, id, data }),
    is: (event): event is Event<D> => event.type === of.type,
  };
  return definition;
}

/** What the publisher adds to a draft. */
export interface Stamp {
  readonly publisher: string;
  readonly sequence: number;
  readonly occurredAt: string;
  readonly causedBy: string | null;
  readonly traceparent: string | null;
}

export function stamp<D>(draft: Draft<D>, by: Stamp): Event<D> {
  const { definition, id, data } = draft;
  return {
    id,
    type: definition.type,
    version: definition.version,
    publisher: by.publisher,
    subject: definition.subjectOf(data),
    sequence: by.sequence,
    occurredAt: by.occurredAt,
    causedBy: by.causedBy,
    traceparent: by.traceparent,
    data,
  };
}

/** Thrown when a message is not an event that this build can read. It is dead at once: reading it again changes nothing. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';
  constructor(
    readonly code: 'notAnEnvelope' | 'unknownType' | 'newerVersion' | 'badData',
    message: string,
  ) {
    super(message);
  }
}

/** Each fault, its field first: a reason is read from its beginning, and may be cut. */
const faultsIn = ({ issues }: z.ZodError): string =>
  issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');

/** The envelope alone, its data unchecked: for parking what cannot be read further. */
export function parseEnvelope(value: unknown): Event {
  const parsed = envelope.safeParse(value);
  if (!parsed.success) throw new UnreadableEvent('notAnEnvelope', faultsIn(parsed.error));
  return parsed.data;
}

/** A readable event of `definition`; older versions must still satisfy its schema. */
export function parseEvent<D>(definition: EventDefinition<D>, value: unknown): Event<D> {
  const event = parseEnvelope(value);
  if (event.type !== definition.type) {
    throw new UnreadableEvent('unknownType', `expected ${definition.type}, got ${event.type}`);
  }
  if (event.version > definition.version) {
    throw new UnreadableEvent(
      'newerVersion',
      `${event.type} version ${event.version} is newer than ${definition.version}, the newest this build reads; upgrade it, then replay`,
    );
  }
  const data = definition.schema.safeParse(event.data);
  if (!data.success) throw new UnreadableEvent('badData', `${event.type}: ${faultsIn(data.error)}`);
  return { ...event, data: data.data };
}
