// How far devices are from what their policies require: one of them, a group, all. The formula is libs/documents/compliance.ts.
import { Inject, Injectable } from '@nestjs/common';
import { settingsCatalogue } from '#device/catalogue';
import { baselinesOf, inOrder, meanScore, scoreOf, verdictOf, type BaselineRow } from '#documents/compliance';
import { policyOf } from '#documents/policy-of';
import type { AssessmentFinished } from '#events/assessment';
import type { SettingResult, SettingValue } from '#events/device-setting';
import { groupChanged } from '#events/group';
import type { Policy } from '#events/policy';
import { PARTS, type StoredParts } from '#runtime/service';
import { Documents } from '../documents/documents.js';
import { Refusal } from '../refusal.js';
import { readReadOut, readReading } from './changes.js';
import { Devices } from './devices.js';

export interface DeviceCompliance {
  readonly score: number | null;
  readonly right: number;
  readonly wrong: number;
  readonly leftOut: number;
  readonly assessedAt: string | null;
  readonly putBackAt: string | null;
  readonly baselines: readonly BaselineRow[];
}

interface BaselineCount {
  readonly id: string;
  /** Devices for which all that was judged is right, and those for which something is wrong. */
  readonly right: number;
  readonly wrong: number;
}

/** Why a device has no score. */
type Without = 'putBack' | 'unassessed' | 'notRead' | 'nothingCounts';

export interface FleetCompliance {
  readonly score: number | null;
  readonly devices: number;
  /** That have a score. */
  readonly scored: number;
  readonly withoutScore: Readonly<Record<Without, number>>;
  readonly baselines: readonly BaselineCount[];
}

interface LastResult {
  readonly results: readonly SettingResult[];
  readonly finishedAt: string | null;
  readonly putBackAt: string | null;
}

/** Each row of a baseline with each setting that answers it. */
const mapped = [...settingsCatalogue.values()].flatMap(({ key, maps }) =>
  maps.map((id) => ({ id, setting: key })),
);

const inGroup = 'd.listed and ($1::text is null or d.group_ids @> array[$1::text])';

@Injectable()
export class Compliance {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts,
    private readonly devices: Devices,
    private readonly documents: Documents,
  ) {}

  async ofDevice(id: string): Promise<DeviceCompliance> {
    const { results, finishedAt, putBackAt } = await this.#lastOf(id);
    const of = (verdict: string): number => results.filter((result) => verdictOf(result) === verdict).length;
    return {
      score: scoreOf(results),
      right: of('right'),
      wrong: of('wrong'),
      leftOut: of('leftOut'),
      assessedAt: finishedAt,
      putBackAt,
      baselines: baselinesOf(results, settingsCatalogue),
    };
  }

  /** Of all devices, or those of a group. Throws Refusal where there is no such group. */
  async ofGroup(group: string | null): Promise<FleetCompliance> {
    if (group !== null) await this.documents.one(groupChanged, group);
    const counts = await this.parts.store.query<{
      score: number | null;
      why: Without | null;
      devices: number;
    }>(
      `select score, why, count(*) as devices from (
         select (d.state->'last'->>'score')::int as score,
           case when d.state->'last'->>'score' is not null then null
             when d.state->>'putBackAt' is not null then 'putBack'
             when d.state->>'last' is null then 'unassessed'
             when d.state->'last'->>'outcome' in ('unreachable', 'failed') then 'notRead'
             else 'nothingCounts' end as why
         from console.device d where ${inGroup}) as of group by 1, 2`,
      [group],
    );
    const without = (reason: Without) => total(counts.filter(({ why }) => why === reason));
    const scored = counts.flatMap(({ score, devices }) => (score === null ? [] : [{ score, devices }]));
    return {
      score: meanScore(scored),
      devices: total(counts),
      scored: total(scored),
      withoutScore: {
        putBack: without('putBack'),
        unassessed: without('unassessed'),
        notRead: without('notRead'),
        nothingCounts: without('nothingCounts'),
      },
      baselines: (await this.#baselines(group)).toSorted((a, b) => inOrder(a.id, b.id)),
    };
  }

  /** What it said when all its settings could be read last, as a policy. Throws Refusal. */
  async policyOf(id: string): Promise<Policy> {
    const { identity } = await this.devices.view(id);
    const read = await readReading(this.parts.store, id);
    if (!read) throw await this.#neverRead(id);
    const values = new Map<string, SettingValue>(
      read.results.flatMap(({ setting, before }) => (before === null ? [] : [[setting, before] as const])),
    );
    return policyOf(values, `Like ${identity?.serial ?? id}`, settingsCatalogue);
  }

  async #neverRead(id: string): Promise<Refusal> {
    const tried = await readReadOut(this.parts.store, id);
    if (tried)
      return new Refusal(
        'notReached',
        `It could not be read at ${tried.finishedAt}: ${tried.detail ?? tried.outcome}`,
      );
    return new Refusal(
      'notFound',
      `Nobody has asked this device for all its settings: POST /api/devices/${id}/policy asks it now.`,
    );
  }

  async #lastOf(id: string): Promise<LastResult> {
    const { last, putBackAt = null } = await this.devices.view(id);
    const [row] = await this.parts.store.query<{ body: AssessmentFinished }>(
      'select body from console.assessment_result where device_id = $1',
      [id],
    );
    return last && row
      ? { results: row.body.results, finishedAt: row.body.finishedAt, putBackAt }
      : { results: [], finishedAt: null, putBackAt };
  }

  /** As verdictOf has it, in SQL: a device counts as wrong for a row as soon as one setting of the row is. */
  #baselines(group: string | null): Promise<BaselineCount[]> {
    return this.parts.store.query<BaselineCount>(
      `with judged as (
         select m.id, d.id as device,
           bool_or(r->>'outcome' in ('compliant', 'remediated')) as good,
           bool_or(r->>'outcome' in ('nonCompliant', 'failed')
             or r->>'outcome' = 'unsupported' and r->>'unsupported' = 'fail') as bad
         from console.device d
         join console.assessment_result a on a.device_id = d.id and d.state->>'last' is not null
         cross join lateral jsonb_array_elements(a.body->'results') as r
         join jsonb_to_recordset($2::jsonb) as m(id text, setting text) on m.setting = r->>'setting'
         where ${inGroup} group by m.id, d.id)
       select id, count(*) filter (where good and bad is not true) as "right",
         count(*) filter (where bad) as wrong from judged group by id`,
      [group, JSON.stringify(mapped)],
    );
  }
}

const total = (counts: readonly { readonly devices: number }[]): number =>
  counts.reduce((sum, { devices }) => sum + devices, 0);
