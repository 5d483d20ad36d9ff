// The task that tries changed rules on devices that wait for approval (R37), some at a time: they can be many. Switched off,
// approval lets all of them in.
import * as z from 'zod';
import { worker, type Ending, type Worker } from '#bus/worker';
import { keepDocuments } from '#bus/keep-documents';
import type { Consumer } from '#bus/consumer';
import type { Draft } from '#events/event';
import { settingsChanged } from '#events/settings';
import { readDocument } from '#store/documents';
import type { Store, Tx } from '#store/store';
import { discover } from './admit.js';
import { reconsider } from './approval.js';
import { evolve, type Change } from './known.js';
import { applyRules, askForRules, heldFingerprints, markJudged, unjudged } from './quarantine-rows.js';
import { loadKnown, saveKnown } from './rows.js';

/** Tried in one transaction. */
const someMax = 200;
const retryDelaysMs = [2_000, 10_000] as const;
const afterTroubleMs = 60_000;

/** Keeps the settings, and has their rules tried. */
export function followSettings(): Consumer {
  const kept = keepDocuments({ name: 'discovery.documents', schema: 'discovery', on: [settingsChanged] });
  return {
    ...kept,
    save: async (tx, changes) => {
      await kept.save(tx, changes);
      await askForRules(tx);
    },
  };
}

export function applyRulesWorker(store: Store): Worker {
  return worker({
    ...applyRules,
    keyIs: 'document',
    limit: () => Promise.resolve(1),
    payload: z.object({}),
    retryDelaysMs,
    run: async () => {
      const settings = await readDocument(store, 'discovery', settingsChanged);
      const some = settings ? await unjudged(store, settings.version, someMax) : [];
      return some.length === 0 ? { events: [] } : { events: [], settle: (tx) => applyTo(tx, some) };
    },
    failed: () => ({ events: [], againAt: new Date(Date.now() + afterTroubleMs) }),
  });
}

async function applyTo(tx: Tx, serials: readonly string[]): Promise<Ending> {
  const known = await loadKnown(tx, { serials, fingerprints: await heldFingerprints(tx, serials) });
  const settings = await readDocument(tx, 'discovery', settingsChanged);
  const changes: Change[] = [];
  const events: Draft[] = [];
  for (const serial of serials) {
    const held = known.quarantine.get(serial);
    const decided = held?.state === 'held' ? reconsider(held, known, discover) : null;
    if (!decided) continue;
    for (const change of decided.changes) evolve(known, change);
    changes.push(...decided.changes);
    events.push(...decided.events);
  }
  await saveKnown(tx, changes);
  await markJudged(tx, settings?.version ?? 0, serials);
  return { events, againAt: new Date() };
}
