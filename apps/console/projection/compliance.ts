// How far devices are from what their policies require: one of them, a group, all. The formula is libs/documents/compliance.ts.
import { Inject, Injectable } from '@nestjs/common';
import { settingsCatalogue } from '#device/catalogue';
import { baselinesOf, type BaselineRow } from '#documents/baselines';
import { meanScore, scoreOf, verdictOf } from '#documents/compliance';
import { policyOf } from '#documents/policy-of';
import type { AssessmentFinished } from '#events/assessment';
import type { SettingResult, SettingValue } from '#events/device-setting';
import { groupChanged } from '#events/group';
import type { Policy } from '#events/policy';
import { PARTS, type StoredParts } from '#runtime/service';
import { Documents } from '../documents/documents.js';
import { Refusal } from '../refusal.js';
import { countBaselines, inGroup, type BaselineCount } from './baselines.js';
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
      baselines: await countBaselines(this.parts.store, group),
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
}

const total = (counts: readonly { readonly devices: number }[]): number =>
  counts.reduce((sum, { devices }) => sum + devices, 0);
