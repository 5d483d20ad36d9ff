// Devices that do not announce themselves are looked for where an operator says (R35): what console asks for is kept here, part by
// part, and gone through by a task.
//
//   search.ts   what is asked for, and that it is called off
//   steer.ts    the task of a search: makes some tasks at a time of it, and tells what came of them
//   find.ts     the task of one address or name: who is there, and what the rules say of that
//   call.ts     the task that asks everybody by multicast: what they name is asked in turn
//   targets.ts  ranges cut into addresses        names.ts  host names asked of DNS
//   outcome.ts  what became of a device, in words
//   rows.ts     what is looked for, in SQL       told.ts     and what came of it
import { consumer } from '#bus/consumer';
import {
  discoveryCancelRequested,
  discoveryRequested,
  type DiscoveryCancelRequested,
  type DiscoveryRequested,
} from '#events/discovery';
import type { Event } from '#events/event';
import type { Cause } from '../known.js';
import { saveCancelled, saveParts, type Part } from './rows.js';

type Change =
  | ({ readonly kind: 'part' } & Part)
  | { readonly kind: 'cancelled'; readonly search: string; readonly cause: Cause };

export const searches = consumer<null, Change, DiscoveryRequested | DiscoveryCancelRequested>({
  name: 'discovery.searches',
  on: [discoveryRequested, discoveryCancelRequested],
  load: () => Promise.resolve(null),
  decide: (event) => ({ changes: changesOf(event), events: [] }),
  save: async (tx, changes) => {
    await saveParts(
      tx,
      changes.filter((change) => change.kind === 'part').map(({ kind: _, ...part }) => part),
    );
    const cancelled = changes.filter((change) => change.kind === 'cancelled');
    await saveCancelled(tx, new Map(cancelled.map(({ search, cause }) => [search, cause])));
  },
});

function changesOf(event: Event<DiscoveryRequested | DiscoveryCancelRequested>): readonly Change[] {
  const { data } = event;
  const search = data.discoveryId;
  const cause = { id: event.id, traceparent: event.traceparent };
  if (!('wanted' in data)) return [{ kind: 'cancelled', search, cause }];
  const { part, parts, wanted } = data;
  return [{ kind: 'part', search, part, parts, wanted, cause }];
}
