// What is asked of the projection of devices.
import { Inject, Injectable } from '@nestjs/common';
import { matches } from '#documents/filter';
import type { AssessmentFinished } from '#events/assessment';
import type { Filter } from '#events/group';
import { PARTS, type StoredParts } from '#runtime/service';
import { containing, pageOf, type Page, type PageQuery } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import type { AnnouncementBody } from './announcement.js';
import {
  oldConflict,
  openClaims,
  agentStateOf,
  flappingOf,
  flappingShownMs,
  statusOf,
  usedOf,
  type ClaimView,
  type DeviceView,
  type LeftOut,
} from './device-view.js';
import type { AgentState, Status } from '../../../libs/answers/devices.js';
import { foreseenOf, readForeseen, readOutOf, readReadOut } from './changes.js';
import { notAssessedOf } from './not-assessed.js';
import { readRefusals } from './refusals.js';
import { historyMax } from './tables.js';

export interface DeviceQuery extends PageQuery {
  readonly status?: Status | undefined;
  readonly group?: string | undefined;
  readonly agent?: AgentState | undefined;
  /** Those that announced themselves too often of late. */
  readonly flapping?: 'true' | undefined;
}

export interface AnnouncementItem extends AnnouncementBody {
  readonly id: string;
  readonly outcome: string | null;
  readonly detail: string | null;
  readonly deviceId: string | null;
}

type Names = ReadonlyMap<string, string>;

/** Devices that a preview lists; it counts all. */
const previewMax = 200;
/** Rows held in memory at a time while a filter is tried on all devices. */
const scanRows = 1000;
const firstId = '00000000-0000-0000-0000-000000000000';

@Injectable()
export class Devices {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  async list({ search, status, group, agent, flapping, limit, after }: DeviceQuery): Promise<Page<object>> {
    const [serial, id] = positionOf(after);
    const where = `listed and ($1 = '%%' or search like $1) and ($2::text is null or status = $2)
      and ($3::text is null or group_ids @> array[$3::text]) and ($4::text is null or agent = $4)
      and ($5::timestamptz is null or flapping_at > $5)`;
    const since = flapping === undefined ? null : new Date(Date.now() - flappingShownMs).toISOString();
    const parameters = [containing(search), status ?? null, group ?? null, agent ?? null, since];
    const rows = await this.#query<{ state: DeviceView }>(
      `select state from console.device where ${where} and (serial, id) > ($6, $7::uuid) order by serial, id limit $8`,
      [...parameters, serial, id, limit + 1],
    );
    const [counted] = await this.#query<{ total: number }>(
      `select count(*) as total from console.device where ${where}`,
      parameters,
    );
    const names = await this.#groupNames();
    const next = ({ state }: { readonly state: DeviceView }) => `${state.identity?.serial ?? ''}~${state.id}`;
    return pageOf(rows, {
      limit,
      total: counted?.total ?? 0,
      item: ({ state }) => rowOf(state, names),
      next,
    });
  }

  async one(id: string): Promise<object> {
    const view = await this.view(id);
    const [result] = await this.#query<{ body: AssessmentFinished }>(
      'select body from console.assessment_result where device_id = $1',
      [id],
    );
    const history = await this.#query(
      'select at, type, text from console.history where device_id = $1 order by at desc, ordinal desc limit $2',
      [id, historyMax],
    );
    const announcements = await this.announcements('id = $1', [view.lastAnnouncement]);
    const refusals = view.identity ? await readRefusals(this.parts.store, view.identity.serial) : [];
    const foreseen = await readForeseen(this.parts.store, id);
    const readOut = await readReadOut(this.parts.store, id);
    const open = openClaims(view);
    const dismissed = (view.claims ?? []).filter(({ state }) => state === 'dismissed');
    return {
      ...rowOf(view, await this.#groupNames()),
      licence: view.licence,
      conflict: open[0] ? conflictOf(open[0]) : oldConflict(view),
      conflicts: open.map(conflictOf),
      dismissed: dismissed.map(conflictOf),
      leftOut: view.leftOut ? leftOutOf(view.leftOut) : null,
      moved: view.moved ?? null,
      lastAnnouncement: announcements[0] ?? null,
      refusals,
      notAssessed: notAssessedOf(view),
      lastAssessment: view.last && result ? assessmentOf(result.body) : null,
      lastDryRun: foreseen && foreseenOf(foreseen),
      lastReadOut: readOut && readOutOf(readOut),
      history,
    };
  }

  /** A device that is listed. Throws Refusal. */
  async view(id: string): Promise<DeviceView> {
    const [row] = await this.#query<{ state: DeviceView }>(
      'select state from console.device where id = $1 and listed',
      [id],
    );
    if (!row) throw new Refusal('notFound', 'There is no such device.');
    return row.state;
  }

  announcements(where: string, parameters: readonly unknown[]): Promise<readonly AnnouncementItem[]> {
    return this.#query<{ body: AnnouncementBody } & Omit<AnnouncementItem, keyof AnnouncementBody>>(
      `select id, body, outcome, detail, device_id as "deviceId" from console.announcement
       where body is not null and ${where} order by number desc limit 200`,
      parameters,
    ).then((rows) => rows.map(({ id, body, ...verdict }) => ({ id, ...body, ...verdict })));
  }

  /** Devices for which `filter` holds. */
  async matching(filter: Filter): Promise<Page<object>> {
    const names = await this.#groupNames();
    const items: object[] = [];
    let total = 0;
    for (let last: DeviceView | null = null; ;) {
      const rows: readonly { readonly state: DeviceView }[] = await this.#query<{ state: DeviceView }>(
        'select state from console.device where listed and (serial, id) > ($1, $2::uuid) order by serial, id limit $3',
        [last?.identity?.serial ?? '', last?.id ?? firstId, scanRows],
      );
      const found = rows.filter(({ state }) => state.identity !== null && matches(filter, state.identity));
      total += found.length;
      items.push(...found.slice(0, previewMax - items.length).map(({ state }) => rowOf(state, names)));
      last = rows.at(-1)?.state ?? null;
      if (rows.length < scanRows) return { items, total, next: null };
    }
  }

  /** Groups are renamed without each device being told. */
  async #groupNames(): Promise<Names> {
    const rows = await this.#query<{ id: string; name: string }>(
      `select id, body->>'name' as name from console.document where kind = 'group' and body is not null`,
    );
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  #query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.parts.store.query<Row>(sql, parameters);
  }
}

export function positionOf(after: string): readonly [serial: string, id: string] {
  if (after === '') return ['', firstId];
  const [, serial, id] = /^([A-Z0-9-]{0,32})~([0-9a-f-]{36})$/.exec(after) ?? [];
  if (serial === undefined || id === undefined) {
    const message = 'must be the `next` of the page before';
    throw new Refusal('invalid', `after ${message}.`, [{ path: 'after', message }]);
  }
  return [serial, id];
}

function rowOf(view: DeviceView, names: Names): object {
  const { id, identity, last } = view;
  const used = usedOf(view);
  return {
    id,
    ...identity,
    status: statusOf(view),
    autoDiscovered: view.autoDiscovered ?? false,
    lastPolicyUsed: used?.policyUsed ?? null,
    agent: {
      state: agentStateOf(view),
      server: view.agent?.server ?? null,
      requireMutual: view.agent?.requireMutual ?? null,
    },
    flapping: flappingOf(view, new Date()),
    licensed: view.licence?.licensed ?? false,
    groups: view.groups.map((group) => ({ id: group.id, name: names.get(group.id) ?? group.name })),
    compliance:
      last && last.total > 0
        ? { compliant: last.compliant, total: last.total, score: last.score ?? null }
        : null,
    lastAnnouncedAt: view.lastAnnouncedAt,
    lastAssessedAt: used?.finishedAt ?? null,
    putBackAt: view.putBackAt ?? null,
  };
}

const leftOutOf = ({ sequence: _, ...shown }: LeftOut) => shown;

const noneShared = { known: null, claimed: null };
const conflictOf = ({ sequence: _, state: __, ...claim }: ClaimView) => ({
  ...claim,
  because: claim.because ?? null,
  shared: claim.shared ?? noneShared,
});

const assessmentOf = ({
  taskId,
  outcome,
  detail,
  startedAt,
  finishedAt,
  policies,
  results,
}: AssessmentFinished) => ({
  taskId,
  outcome,
  detail,
  startedAt,
  finishedAt,
  policies,
  results,
});
