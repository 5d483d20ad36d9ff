// Which listeners get a copy of an admitted announcement (R70, R72): pure.
import { nothing, NotYet, type Decision } from '#bus/consumer';
import type { Announcement } from '#announce/announcement';
import { hopsMax } from '#events/announcement';
import {
  deviceDiscovered,
  deviceReconciled,
  type DeviceDiscovered,
  type DeviceReconciled,
} from '#events/device';
import type { DocumentChanged } from '#events/document';
import type { Event } from '#events/event';
import { listenerChanged, type Listener } from '#events/listener';
import { edgeConfigured, type EdgeConfiguration } from '#events/settings';

export type Admitted = DeviceDiscovered | DeviceReconciled;
export type Heard = Admitted | DocumentChanged<Listener> | EdgeConfiguration;

/** Copies that wait for one listener at most; what comes when it is full is dropped, and counted. */
export const copiesMax = 10_000;

export interface ListenerRow {
  readonly id: string;
  readonly version: number;
  /** Null: deleted. */
  readonly body: Listener | null;
  /** Copies not delivered yet. */
  readonly waiting: number;
}

export interface Copies {
  /** Of this Muster; null: not heard yet. */
  server: { readonly id: string; readonly version: number } | null;
  readonly listeners: Map<string, ListenerRow>;
}

export interface Copy {
  readonly listenerId: string;
  readonly deviceId: string;
  readonly announcement: string;
  readonly message: Announcement;
}

export type Change =
  | { readonly kind: 'copy'; readonly copy: Copy }
  | { readonly kind: 'drop'; readonly listenerId: string }
  | { readonly kind: 'listener'; readonly listener: ListenerRow }
  | { readonly kind: 'server'; readonly id: string; readonly version: number };

export function decide(event: Event<Heard>, copies: Copies): Decision<Change> {
  if (deviceDiscovered.is(event) || deviceReconciled.is(event)) return copyToAll(event, copies);
  if (listenerChanged.is(event)) return changeListener(event.data, copies);
  if (edgeConfigured.is(event)) return learnServer(event.data, copies);
  return nothing;
}

export function evolve(copies: Copies, change: Change): void {
  if (change.kind === 'listener') copies.listeners.set(change.listener.id, change.listener);
  if (change.kind === 'server') copies.server = change;
  if (change.kind !== 'copy') return;
  const listener = copies.listeners.get(change.copy.listenerId);
  if (listener) copies.listeners.set(listener.id, { ...listener, waiting: listener.waiting + 1 });
}

function copyToAll({ data, traceparent }: Event<Admitted>, copies: Copies): Decision<Change> {
  const [announcement] = data.announcements;
  const enabled = [...copies.listeners.values()].filter(({ body }) => body?.enabled);
  if (data.trigger !== 'announced' || announcement === undefined || enabled.length === 0) return nothing;
  if (!copies.server)
    throw new NotYet('the edge configuration, with the id of this server, was not seen yet');
  const origin = passedOn(data, copies.server.id);
  if (!origin) return nothing;
  const { identity, deviceId } = data;
  const message: Announcement = {
    identity,
    reason: 'unstated',
    announcementId: announcement,
    traceparent,
    origin,
  };
  return {
    changes: enabled.map(({ id: listenerId, waiting }): Change =>
      waiting < copiesMax
        ? { kind: 'copy', copy: { listenerId, deviceId, announcement, message } }
        : { kind: 'drop', listenerId },
    ),
    events: [],
  };
}

/** Null when it has been far enough, or began here. */
function passedOn({ origin, fingerprint }: Admitted, server: string): Announcement['origin'] {
  if (!origin) return { server, hops: 1, fingerprint };
  if (origin.server === server || origin.hops >= hopsMax) return null;
  return { server: origin.server, hops: origin.hops + 1, fingerprint };
}

function changeListener({ id, version, body }: DocumentChanged<Listener>, copies: Copies): Decision<Change> {
  const known = copies.listeners.get(id);
  if (known && known.version >= version) return nothing;
  const waiting = body ? (known?.waiting ?? 0) : 0;
  return { changes: [{ kind: 'listener', listener: { id, version, body, waiting } }], events: [] };
}

function learnServer({ server: id, version }: EdgeConfiguration, { server }: Copies): Decision<Change> {
  if (server && server.version >= version) return nothing;
  return { changes: [{ kind: 'server', id, version }], events: [] };
}
