// Schedules of assessments and their runs (R63), as operators see and steer them.
//
//   schedules.ts  when each runs next, run now, cancelled    runs.ts  what assessment tells of runs
import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { isTimeZone, nextAfter } from '#documents/schedule';
import {
  scheduleCancelRequested,
  scheduleChanged,
  scheduleRunRequested,
  type Schedule,
  type ScheduleProgressed,
} from '#events/schedule';
import type { Draft } from '#events/event';
import { PARTS, type StoredParts } from '#runtime/service';
import { Documents } from '../documents/documents.js';
import { record, type Written } from '../documents/written.js';
import { pageOf, type Page } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { audit, type Deed } from '../who/audit.js';
import type { Caller } from '../who/caller.js';

/** A run, by its id. */
export type Run = Omit<ScheduleProgressed, 'runId'> & { readonly id: string };

export interface Shown extends Written<Schedule> {
  /** When it begins next; null: not by itself. */
  readonly next: Date | null;
  /** Its newest run. */
  readonly lastRun: Run | null;
}

interface Row extends Record<string, unknown> {
  readonly number: number;
  readonly body: ScheduleProgressed;
}
const runOf = ({ body: { runId: id, ...body } }: Pick<Row, 'body'>): Run => ({ id, ...body });

@Injectable()
export class Schedules {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts,
    private readonly documents: Documents,
  ) {}

  async all(): Promise<readonly Shown[]> {
    const documents = await this.documents.all(scheduleChanged);
    const runs = await this.#lastRuns(documents.map(({ id }) => id));
    return documents.map((document) => shown(document, runs));
  }

  async one(id: string): Promise<Shown> {
    const document = await this.documents.one(scheduleChanged, id);
    return shown(document, await this.#lastRuns([id]));
  }

  /** Newest first. */
  async runs(of: {
    readonly scheduleId: string | null;
    readonly limit: number;
    readonly after: number | null;
  }) {
    const { scheduleId, limit, after } = of;
    const { store } = this.parts;
    const rows = await store.query<Row>(
      `select number, body from console.run
       where ($1::text is null or schedule_id = $1) and ($2::bigint is null or number < $2) order by number desc limit $3`,
      [scheduleId, after, limit + 1],
    );
    const [counted] = await store.query<{ total: number }>(
      `select count(*)::int as total from console.run where $1::text is null or schedule_id = $1`,
      [scheduleId],
    );
    const page: Page<Run> = pageOf(rows, {
      limit,
      total: counted?.total ?? 0,
      item: runOf,
      next: ({ number }) => String(number),
    });
    return page;
  }

  async run(id: string): Promise<Run> {
    const [row] = await this.parts.store.query<Row>('select number, body from console.run where id = $1', [
      id,
    ]);
    if (!row) throw new Refusal('notFound', 'There is no such run.');
    return runOf(row);
  }

  /** Whatever time it is. Resolves to the id of the run, which is there once assessment has begun it. */
  async start(scheduleId: string, caller: Caller): Promise<string> {
    await this.documents.one(scheduleChanged, scheduleId);
    const runId = randomUUID();
    const request = scheduleRunRequested.draft({ runId, scheduleId, requestedBy: caller.name });
    await this.#command(request, caller, { target: `schedule:${scheduleId}`, detail: { runId } });
    return runId;
  }

  async cancel(runId: string, caller: Caller): Promise<Run> {
    const run = await this.run(runId);
    if (run.endedAt !== null) throw new Refusal('tooLate', 'This run is over.');
    const request = scheduleCancelRequested.draft({ runId, requestedBy: caller.name });
    await this.#command(request, caller, { target: `run:${runId}` });
    return run;
  }

  async #lastRuns(scheduleIds: readonly string[]): Promise<ReadonlyMap<string, Run>> {
    const rows = await this.parts.store.query<Row & { readonly id: string }>(
      `select distinct on (schedule_id) schedule_id as id, number, body from console.run
       where schedule_id = any($1::text[]) order by schedule_id, number desc`,
      [scheduleIds],
    );
    return new Map(rows.map((row) => [row.id, runOf(row)]));
  }

  #command(request: Draft, { name: who, from }: Caller, on: Pick<Deed, 'target' | 'detail'>): Promise<void> {
    return this.parts.store.transaction(async (tx) => {
      await audit(tx, { who, from, action: request.definition.type, ...on });
      await record(tx, this.parts.bus, [request]);
    });
  }
}

function shown(document: Written<Schedule>, runs: ReadonlyMap<string, Run>): Shown {
  const { id, body } = document;
  const isOn = body.enabled && isTimeZone(body.timeZone);
  return { ...document, next: isOn ? nextAfter(body, new Date()) : null, lastRun: runs.get(id) ?? null };
}
