// Devices: list, one, assess now, decide a conflict, delete.
import { Body, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import * as z from 'zod';
import { claimant, claimKey, deviceConflictDecisionRequested } from '#events/conflict';
import { deviceRetireRequested } from '#events/device';
import { slug } from '#events/document';
import type { Draft } from '#events/event';
import { assessmentVouchRequested } from '#events/vouch';
import { PARTS, type StoredParts } from '#runtime/service';
import { Assessing } from '../assessing/assessing.js';
import { wanted, type Wanted } from '../assessing/wanted.js';
import { record } from '../documents/written.js';
import { pageQuery, Resource } from '../http/resource.js';
import type { ClaimView, DeviceView } from '../projection/device-view.js';
import { agentStates, statuses, type Asked } from '../../../libs/answers/devices.js';
import { Devices } from '../projection/devices.js';
import { Refusal } from '../refusal.js';
import { Needs, Who } from '../who/access.js';
import { audit } from '../who/audit.js';
import type { Caller } from '../who/caller.js';

const query = pageQuery.extend({
  status: z.enum(statuses).optional(),
  group: slug.optional(),
  agent: z.enum(agentStates).optional(),
  flapping: z.literal('true').optional(),
});
const decide = z.strictObject({ claim: claimKey, decision: z.enum(['keep', 'move']) });
const vouch = z.strictObject({ who: claimant.strict() });
const deviceId = z.uuid();

@Resource('devices')
export class DevicesController {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts,
    private readonly devices: Devices,
    private readonly assessing: Assessing,
  ) {}

  @Get()
  @Needs('viewer')
  list(@Query({ schema: query }) asked: z.infer<typeof query>) {
    return this.devices.list(asked);
  }

  @Get(':id')
  @Needs('viewer')
  read(@Param('id', { schema: deviceId }) id: string) {
    return this.devices.one(id);
  }

  /** Asked for; it goes away when discovery has deleted it. */
  @Delete(':id')
  @HttpCode(204)
  @Needs('operator')
  async retire(@Param('id', { schema: deviceId }) id: string, @Who() caller: Caller): Promise<void> {
    await this.devices.view(id);
    await this.#command(deviceRetireRequested.draft({ deviceId: id, requestedBy: caller.name }), caller);
  }

  /** With the policies that hold for it, or with one that is named; a dry run changes nothing, and its page says what would be. */
  @Post(':id/assess')
  @HttpCode(202)
  @Needs('operator')
  async assess(
    @Param('id', { schema: deviceId }) id: string,
    @Body({ schema: wanted }) asked: Wanted,
    @Who() caller: Caller,
  ): Promise<Asked> {
    return this.assessing.device(id, asked, caller);
  }

  /** keep: the known device stays, the claim is dismissed. move: the claimant is the device. Asked for; its history tells. */
  @Post(':id/conflict')
  @HttpCode(202)
  @Needs('operator')
  async decide(
    @Param('id', { schema: deviceId }) id: string,
    @Body({ schema: decide }) { claim, decision }: z.infer<typeof decide>,
    @Who() caller: Caller,
  ): Promise<object> {
    const claimed = claimedBy(await this.devices.view(id), claim);
    await this.#command(
      deviceConflictDecisionRequested.draft({
        deviceId: id,
        claim,
        claimed,
        decision,
        requestedBy: caller.name,
      }),
      caller,
      { decision, claim, claimed },
    );
    return {};
  }

  /** Of a device with `moved`: who is there is the device, and what is kept to open it may go there. Asked for; its history tells. */
  @Post(':id/vouch')
  @HttpCode(202)
  @Needs('operator')
  async vouch(
    @Param('id', { schema: deviceId }) id: string,
    @Body({ schema: vouch }) { who }: z.infer<typeof vouch>,
    @Who() caller: Caller,
  ): Promise<object> {
    mustBeMoved(await this.devices.view(id), who);
    const draft = assessmentVouchRequested.draft({ deviceId: id, who, requestedBy: caller.name });
    await this.#command(draft, caller, { who });
    return {};
  }

  #command(draft: Draft, { name: who, from }: Caller, detail?: object): Promise<void> {
    return this.parts.store.transaction(async (tx) => {
      const target = `device:${draft.definition.subjectOf(draft.data)}`;
      await audit(tx, { who, from, action: draft.definition.type, target, ...(detail && { detail }) });
      await record(tx, this.parts.bus, [draft]);
    });
  }
}

/** Throws Refusal when somebody else is meant, or nobody: assessment says the same of what it hears. */
function mustBeMoved({ moved }: DeviceView, who: z.infer<typeof claimant>): void {
  if (moved?.who.ip === who.ip && moved.who.fingerprint === who.fingerprint) return;
  throw new Refusal(
    'tooLate',
    moved
      ? 'Somebody else is there now: load it again, and look at that one.'
      : 'Nobody is to be vouched for: the device was not moved without a proof, or somebody has vouched for it.',
  );
}

/** Throws Refusal when there is nothing to decide any more: discovery says the same of what it decides itself. */
function claimedBy({ claims = [] }: DeviceView, wanted: string): ClaimView['claimed'] {
  const found = claims.find(({ claim }) => claim === wanted);
  if (found) return found.claimed;
  const another = claims.some(({ state }) => state === 'open');
  throw new Refusal(
    'tooLate',
    another
      ? 'This claim is not the one that waits now: the device has another conflict. Load it again, and look at that one.'
      : 'There is no such conflict any more: the device moved, or somebody decided. Load it again; its history says which.',
  );
}
