// Tells how each listener fares: when its state or its failure is another one, when all was delivered, and each minute
// while anything moves.
import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod';
import type { Bus } from '#bus/bus';
import { listenerReported, type Listener } from '#events/listener';
import { noCause, stampDrafts } from '#store/outbox';
import type { Store, Tx } from '#store/store';

const whileMovingMs = 60_000;

export type Report = z.infer<typeof listenerReported.schema>;

interface Row {
  readonly id: string;
  readonly body: Listener | null;
  readonly delivered: number;
  readonly dropped: number;
  readonly failure: string | null;
  readonly waiting: number;
  readonly reported: Report | null;
  readonly reportedAt: Date | null;
  readonly now: Date;
}

/** Resolves to 0 always: there is no more to say before time goes on. */
export async function reportListeners(store: Store, bus: Pick<Bus, 'record'>): Promise<0> {
  await store.transaction(async (tx) => {
    const rows = await loadRows(tx);
    const reports = rows.flatMap((row) => {
      const report = reportOf(row);
      return isDue(row, report) ? [report] : [];
    });
    if (reports.length === 0) return;
    await tx.query(
      `update forwarding.listener set reported = row, reported_at = now()
       from jsonb_array_elements($1::jsonb) as row where listener.id = row->>'listenerId'`,
      [JSON.stringify(reports)],
    );
    const drafts = reports.map((report) => listenerReported.draft(report));
    await bus.record(tx, 'forwarding', await stampDrafts(tx, 'forwarding', drafts, noCause));
  });
  return 0;
}

function loadRows(tx: Tx): Promise<Row[]> {
  return tx.query<Row & Record<string, unknown>>(
    `select id, body, waiting, delivered, dropped, failure, reported, reported_at as "reportedAt", now() as now
     from forwarding.listener where body is not null order by id for update skip locked`,
  );
}

export function reportOf({ id, body, delivered, dropped, failure, waiting }: Omit<Row, 'now'>): Report {
  const busy = failure !== null ? 'failing' : waiting > 0 ? 'delivering' : 'idle';
  const state = body?.enabled ? busy : 'disabled';
  return { listenerId: id, state, waiting, delivered, dropped, failure };
}

function isDue({ reported, reportedAt, now }: Row, report: Report): boolean {
  if (isDeepStrictEqual(reported, report)) return false;
  const news =
    reported?.state !== report.state || reported.failure !== report.failure || report.waiting === 0;
  return news || reportedAt === null || now.getTime() - reportedAt.getTime() >= whileMovingMs;
}
