// Announcements as the gateway publishes them, and what an operator says before they come: events without their services.
import { createHash, randomUUID } from 'node:crypto';
import { deviceAnnounced } from '#events/announcement';
import { stamp, type Draft, type Event } from '#events/event';
import { licenceChanged } from '#events/licence';
import { defaultSettings, edgeConfigured, settingsChanged } from '#events/settings';

/** Of distinct devices, each with an address and a certificate of its own. */
export function announced(first: number, count: number): readonly Event[] {
  return Array.from({ length: count }, (_, at) => announcement(first + at));
}

function announcement(device: number): Event {
  const number = String(device).padStart(7, '0');
  const serial = `BENCH${number}`;
  const ip = `10.${(device >> 16) & 0xff}.${(device >> 8) & 0xff}.${device & 0xff}`;
  const { example } = deviceAnnounced;
  const fingerprint = createHash('sha256').update(serial).digest('hex');
  const draft = deviceAnnounced.draft({
    ...example,
    identity: {
      ...example.identity,
      serial,
      mac: (device + 0x02_00_00_00_00_00).toString(16).padStart(12, '0'),
      ip,
      hostname: `bench-${number}`,
    },
    announcementId: `boot-${number}`,
    acceptedAt: new Date().toISOString(),
    transport: { ...example.transport, peerAddress: ip, fingerprint },
  });
  return asEvent(draft, 'gateway', device);
}

/** Accepting is on, there are seats for all, nothing is assessed. `server` is the Muster's own id, where its gateway is asked. */
export function operatorsWords(server: string = randomUUID()): readonly Event[] {
  const seats = { customer: 'Bench', seats: 10_000_000, expiresAt: null, graceDays: 0 };
  return [
    settingsChanged.draft(documentOf('settings', { ...defaultSettings, acceptAnnouncements: true })),
    licenceChanged.draft(documentOf('bench', seats)),
    edgeConfigured.draft({ ...edgeConfigured.example, version: 1_000, server }),
  ].map((draft) => asEvent(draft, 'console', 1_000_000));
}

function documentOf<B>(id: string, body: B) {
  return { id, version: 1_000, changedBy: 'bench', body };
}

function asEvent(draft: Draft, publisher: string, sequence: number): Event {
  const occurredAt = new Date().toISOString();
  return stamp(draft, { publisher, sequence, occurredAt, causedBy: null, traceparent: null });
}
