// The task that asks everybody who can be reached by multicast (R35). Who answers names addresses and nothing more: each
// becomes one of those that the search goes through, and is asked as any other (see find.ts).
import * as z from 'zod';
import { worker, type Worker } from '#bus/worker';
import { findEverybody, type EverybodySearch } from '#device/find/everybody';
import { everybodyText } from '#device/find/hops';
import type { DiscoveryResult } from '#events/discovery';
import { messageOf } from '#events/message-of';
import { settingsChanged } from '#events/settings';
import { readDocument } from '#store/documents';
import type { Store } from '#store/store';
import { plain } from './outcome.js';
import { call, saveNamed, stillWanted, type Call } from './rows.js';

/** Each of them asks whole networks, and hears all of their answers at once. */
const callsMax = 1;
const retryDelaysMs = [10_000] as const;

const payload = z.object({ search: z.uuid(), line: z.int(), hops: z.int() });

export interface Calling {
  readonly store: Store;
  /** Left out: from where, whom and for how long it is asked outside of tests. */
  readonly asking?: Omit<EverybodySearch, 'networks' | 'hops'>;
}

export function callWorker({ store, asking }: Calling): Worker {
  return worker<Call>({
    ...call,
    keyIs: 'discovery',
    limit: () => Promise.resolve(callsMax),
    payload,
    retryDelaysMs,
    run: async ({ payload: wanted }, { signal }) => {
      if ((await stillWanted(store, [wanted])).length === 0) return { events: [] };
      const settings = (await readDocument(store, 'discovery', settingsChanged))?.body;
      if (!settings) throw new Error('the instant-on settings were not seen yet');
      const { hops } = wanted;
      const search = { ...asking, networks: settings.deviceNetworks, hops };
      const { candidates, troubles } = await findEverybody(search, signal);
      const addresses = candidates.map(({ address }) => address);
      const silence = addresses.length === 0 ? ['nobody answered by mDNS or SLP'] : [];
      const reasons = troubles.length > 0 ? troubles : silence;
      const told = reasons.length > 0 ? ofNobody(wanted, reasons.join('; ')) : null;
      return { events: [], save: (tx) => saveNamed(tx, wanted, { addresses, told }) };
    },
    failed: ({ payload: wanted }, error) => {
      const told = ofNobody(wanted, messageOf(error));
      return { events: [], save: (tx) => saveNamed(tx, wanted, { addresses: [], told }) };
    },
  });
}

const ofNobody = ({ line, hops }: Call, reason: string): DiscoveryResult => {
  const none = { outcome: 'notReached', serial: null, deviceId: null } as const;
  return { line, address: everybodyText(hops), ...none, reason: plain(reason) };
};
