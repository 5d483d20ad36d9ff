// Clients of the edge that say nothing it understands may be asked who they are (R19), where the operator wants it: which of
// them, and how often. What they hear from the gateway is the same either way.
import type { MalformedCode } from '#announce/malformed';
import { consumer, nothing, type Decision } from '#bus/consumer';
import { mayConnect } from '#device/address';
import type { Event } from '#events/event';
import { announcementsRefused, type AnnouncementsRefused } from '#events/refusal';
import { settingsChanged, type Settings } from '#events/settings';
import { ownAddresses } from '#addresses/own';
import { readDocument } from '#store/documents';
import type { Cause } from './known.js';
import { loadAsking, saveProbes, type Asking, type Probe } from './probe-rows.js';

/** Nothing in time, or nothing of the protocol. Who speaks it and has a field wrong is an agent with a fault, and told so. */
const notUnderstood: ReadonlySet<string> = new Set<MalformedCode>([
  'silence',
  'tooSlow',
  'tooLong',
  'notUtf8',
  'notJson',
  'tooDeep',
  'badKey',
  'unknownVersion',
]);

/** Somebody else may have the address by then. */
const lateMs = 15 * 60_000;

interface Change extends Probe {
  readonly cause: Cause;
}

interface State extends Asking {
  readonly settings: Settings | null;
  /** Addresses of this server. */
  readonly own: readonly string[];
}

/** Never in mutual mode, in which nobody takes part without a certificate, and not while nothing is accepted. */
export const mayProbe = (settings: Settings): boolean =>
  settings.probeUnknownClients && settings.acceptAnnouncements && settings.authentication === 'none';

export const unknownClients = consumer<State, Change, AnnouncementsRefused>({
  name: 'discovery.unknownClients',
  on: [announcementsRefused],
  load: async (tx, events) => {
    const settings = (await readDocument(tx, 'discovery', settingsChanged))?.body ?? null;
    const peers =
      settings && mayProbe(settings)
        ? events.flatMap(({ data }) => data.refusals.map(({ peer }) => peer))
        : [];
    return { ...(await loadAsking(tx, peers)), settings, own: ownAddresses() };
  },
  decide: choose,
  evolve: (state, { peer }) => {
    state.asked.add(peer);
    state.room -= 1;
  },
  save: saveProbes,
});

function choose(event: Event<AnnouncementsRefused>, state: State): Decision<Change> {
  const { settings, own, now, asked } = state;
  if (!settings || !mayProbe(settings)) return nothing;
  const wanted = new Map(
    event.data.refusals
      .filter(
        ({ peer, reason, lastAt }) =>
          notUnderstood.has(reason) &&
          !asked.has(peer) &&
          now.getTime() - Date.parse(lastAt) < lateMs &&
          mayConnect(peer, settings.deviceNetworks, own),
      )
      .map(({ peer, reason }) => [peer, reason]),
  );
  const cause = { id: event.id, traceparent: event.traceparent };
  const chosen = [...wanted].slice(0, Math.max(0, state.room));
  const left = wanted.size - chosen.length;
  return {
    changes: chosen.map(([peer, reason]) => ({ peer, reason, cause })),
    events: [],
    notes: left === 0 ? [] : [{ fields: { clients: left }, message: tooMany }],
  };
}

const tooMany = 'So many clients wait to be asked who they are that more are not; they may come again';
