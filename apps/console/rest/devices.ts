// Devices: list, one, assess now, decide a conflict, delete.
import { Body, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import * as z from 'zod';
import { mayConnect } from '#device/address';
import { assessmentRequested } from '#events/assessment';
import { deviceConflictDecisionRequested } from '#events/conflict';
import { claimKey, deviceRetireRequested } from '#events/device';
import { slug } from '#events/document';
import type { Draft } from '#events/event';
import { policyChanged } from '#events/policy';
import { settingsChanged } from '#events/settings';
import { PARTS, type StoredParts } from '#runtime/service';
import { Documents } from '../documents/documents.js';
import { record } from '../documents/written.js';
import { pageQuery, Resource } from '../http/resource.js';
import { agentStates, statuses, type ClaimView, type DeviceView } from '../projection/device-view.js';
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
const assess = z.strictObject({ policyId: slug.nullable().default(null) }).optional();
const decide = z.strictObject({ claim: claimKey, decision: z.enum(['keep', 'move']) });
const deviceId = z.uuid();

@Resource('devices')
export class DevicesController {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts,
    private readonly devices: Devices,
    private readonly documents: Documents,
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

  /** With the policies that hold for it, or with one that is named. */
  @Post(':id/assess')
  @HttpCode(202)
  @Needs('operator')
  async assess(
    @Param('id', { schema: deviceId }) id: string,
    @Body({ schema: assess }) wanted: z.infer<typeof assess>,
    @Who() caller: Caller,
  ): Promise<object> {
    const policyId = wanted?.policyId ?? null;
    const { identity } = await this.devices.view(id);
    if (identity) await this.#refuseOutside(identity.ip);
    if (policyId !== null) await this.documents.one(policyChanged, policyId);
    await this.#command(
      assessmentRequested.draft({ deviceId: id, policyId, requestedBy: caller.name }),
      caller,
    );
    return {};
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

  /** The services that connect refuse it too, but nobody would be told why. */
  async #refuseOutside(ip: string): Promise<void> {
    const { body } = await this.documents.one(settingsChanged);
    if (mayConnect(ip, body.deviceNetworks, [])) return;
    throw new Refusal(
      'outsideNetworks',
      `${ip} is outside the device networks, so Muster does not connect to it. Add its network to Device networks in the settings, then assess it.`,
    );
  }

  #command(draft: Draft, { name: who, from }: Caller, detail?: object): Promise<void> {
    return this.parts.store.transaction(async (tx) => {
      const target = `device:${draft.definition.subjectOf(draft.data)}`;
      await audit(tx, { who, from, action: draft.definition.type, target, ...(detail && { detail }) });
      await record(tx, this.parts.bus, [draft]);
    });
  }
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
