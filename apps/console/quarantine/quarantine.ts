// Devices that wait for approval (R37), for the page: list, and what an operator decides about one, some or all that match.
// Discovery decides; what it tells is kept by rows.ts. decisions.ts: what may be asked; meant.ts: who is meant by it.
import { Inject, Injectable } from '@nestjs/common';
import { deviceApprovalRequested } from '#events/approval';
import { PARTS, type StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { filterFaults } from '../documents/faults.js';
import { record } from '../documents/written.js';
import { containing, pageOf, type Page } from '../http/resource.js';
import { Refusal, sentence } from '../refusal.js';
import { audit } from '../who/audit.js';
import type { Caller } from '../who/caller.js';
import type { Decisions, Step } from './decisions.js';
import type { HeldState } from '../../../libs/answers/announcements.js';
import { contestedIn, found, looked, named, undecided, type Meant, type Row, type Seen } from './meant.js';

interface Listed extends Row {
  readonly since: Date;
  readonly heardAt: Date;
  readonly missedAt: Date | null;
  readonly decidedBy: string | null;
}

export interface Asked {
  readonly search: string;
  readonly state: HeldState;
  /** Only those whose serial number several parties announced. */
  readonly contested?: 'true' | undefined;
  readonly limit: number;
  readonly after?: number | undefined;
}

@Injectable()
export class Quarantine {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  /** Newest first. `upTo`, sent with a decision, leaves alone who came or changed since. */
  async list({ search, state, contested, limit, after }: Asked): Promise<Page<object> & Pick<Step, 'upTo'>> {
    const { store } = this.parts;
    const upTo = await newest(store);
    const where = `${undecided} and (not $4::boolean or ${contestedIn})`;
    const parameters = [state, containing(search), upTo, contested === 'true'];
    const rows = await store.query<Listed>(
      `select serial, number, body, since, heard_at as "heardAt", missed_at as "missedAt", decided_by as "decidedBy"
       from console.quarantine where ${where} and ($5::bigint is null or number < $5) order by number desc limit $6`,
      [...parameters, after ?? null, limit + 1],
    );
    const [counted] = await store.query<{ total: number }>(
      `select count(*)::int as total from console.quarantine where ${where}`,
      parameters,
    );
    const page = pageOf(rows, {
      limit,
      total: counted?.total ?? 0,
      item: ({ number: _, body, ...row }) => ({
        claim: null,
        others: [],
        refused: [],
        ...body,
        ...row,
        state,
      }),
      next: ({ number }) => String(number),
    });
    return { ...page, upTo };
  }

  /** One step of it. */
  async decide(asked: Decisions, caller: Caller): Promise<Step> {
    const faults = asked.filter ? filterFaults(asked.filter, 'filter') : [];
    if (faults.length > 0) throw new Refusal('invalid', sentence(faults), faults);
    const { store } = this.parts;
    const upTo = asked.upTo ?? (await newest(store));
    return store.transaction(async (tx) => {
      const { some, ...rest } = await this.#meant(tx, asked, upTo);
      if (some.length > 0) await this.#ask(tx, some, asked, caller);
      return { done: some.length, ...rest, upTo };
    });
  }

  async #meant(tx: Tx, asked: Decisions, upTo: number): Promise<Meant> {
    const { seen, serials } = asked;
    if (seen) return looked(tx, seen, asked.action);
    if (serials) return named(tx, serials, asked);
    return found(tx, asked, upTo);
  }

  async #ask(tx: Tx, seen: readonly Seen[], asked: Decisions, { name, from }: Caller): Promise<void> {
    const { action: decision, filter: wanted, search, all } = asked;
    const serials = seen.map(({ serial }) => serial);
    await tx.query(
      'update console.quarantine set asked_at = now(), missed_at = null where serial = any($1::text[])',
      [serials],
    );
    await audit(tx, {
      who: name,
      from,
      action: `device.${decision}Requested`,
      target: 'quarantine',
      detail: {
        done: serials.length,
        decided: serials,
        filter: wanted ?? search ?? (all ? 'all' : undefined),
      },
    });
    const draft = { serials, decision, requestedBy: name, seen: [...seen] };
    await record(tx, this.parts.bus, [deviceApprovalRequested.draft(draft)]);
  }
}

async function newest(on: Pick<Tx, 'query'>): Promise<number> {
  const [row] = await on.query<{ number: number | null }>(
    'select max(number) as number from console.quarantine',
  );
  return row?.number ?? 0;
}

/** Devices that wait for an operator. */
export async function countHeld(on: Pick<Tx, 'query'>): Promise<number> {
  const [row] = await on.query<{ held: number }>(
    `select count(*)::int as held from console.quarantine where state = 'held'`,
  );
  return row?.held ?? 0;
}
