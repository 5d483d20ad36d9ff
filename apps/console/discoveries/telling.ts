// The task that tells discovery what to look for: one part in a transaction, so that a long list holds up nobody and a death costs
// nothing. Where it is stands in console.discovery.
import * as z from 'zod';
import { worker, type Ending, type Worker } from '#bus/worker';
import { discoveryRequested } from '#events/discovery';
import type { Tx } from '#store/store';
import { wantedOf, type Piece } from './parts.js';

export const telling = { kind: 'tellDiscovery', budget: 'discoveries' } as const;

/** Lists that are told at a time. */
const listsMax = 2;
const afterTroubleMs = 10_000;

export function tellingWorker(): Worker {
  return worker({
    ...telling,
    keyIs: 'discovery',
    limit: () => Promise.resolve(listsMax),
    payload: z.object({}),
    retryDelaysMs: [1_000, 5_000],
    run: ({ key }) => Promise.resolve({ events: [], settle: (tx) => tellNext(tx, key) }),
    failed: () => ({ events: [], againAt: new Date(Date.now() + afterTroubleMs) }),
  });
}

interface Row extends Record<string, unknown> {
  readonly told: number;
  readonly parts: number;
  readonly askedBy: string;
}

async function tellNext(tx: Tx, id: string): Promise<Ending> {
  const [run] = await tx.query<Row>(
    `select told, parts, asked_by as "askedBy" from console.discovery
     where id = $1 and cancelled_by is null and told < parts for update`,
    [id],
  );
  const part = (run?.told ?? 0) + 1;
  const [row] = await tx.query<{ entries: readonly Piece[] }>(
    'select entries from console.discovery_part where discovery = $1 and part = $2',
    [id, part],
  );
  if (!run || !row) return { events: [] };
  await tx.query('update console.discovery set told = $2 where id = $1', [id, part]);
  const { parts, askedBy: requestedBy } = run;
  const wanted = wantedOf(row.entries);
  const events = [discoveryRequested.draft({ discoveryId: id, part, parts, wanted, requestedBy })];
  return part < parts ? { events, againAt: new Date() } : { events };
}
