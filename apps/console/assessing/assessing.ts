// What operators ask assessment for: assess, say what an assessment would change, put back, stop; of a device or of a group.
import { Inject, Injectable } from '@nestjs/common';
import type { Asked } from '#answers/devices';
import { mayConnect } from '#device/address';
import { assessmentRequested, type AssessmentFinished } from '#events/assessment';
import { assessmentUndoRequested } from '#events/undo';
import type { Draft } from '#events/event';
import { groupChanged } from '#events/group';
import { policyChanged } from '#events/policy';
import { settingsChanged } from '#events/settings';
import { PARTS, type StoredParts } from '#runtime/service';
import { Documents } from '../documents/documents.js';
import { record } from '../documents/written.js';
import { pageOf } from '../http/resource.js';
import { foreseenOf } from '../projection/changes.js';
import { Devices, positionOf } from '../projection/devices.js';
import { Refusal } from '../refusal.js';
import { audit } from '../who/audit.js';
import type { Caller } from '../who/caller.js';
import { keepAsked } from './asked.js';
import { readChanged, type ChangedQuery } from './changed.js';
import { askedOf, type OfDevice, type Request } from './requests.js';
import { stop } from './stopping.js';
import { nextStep, type Step } from './undo-group.js';
import type { Wanted } from './wanted.js';

/** Members that are asked for in one transaction. */
const stepMax = 1_000;

@Injectable()
export class Assessing {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts,
    private readonly devices: Devices,
    private readonly documents: Documents,
  ) {}

  async device(deviceId: string, { policyId, mode }: Wanted, caller: Caller): Promise<Asked> {
    const { identity } = await this.devices.view(deviceId);
    if (identity) await this.#refuseOutside(identity.ip);
    if (policyId !== null) await this.documents.one(policyChanged, policyId);
    const request = assessmentRequested.draft({ deviceId, policyId, mode, ...by(caller) });
    await this.#command([request], { caller, target: `device:${deviceId}`, detail: { policyId, mode } });
    return askedOf([{ request, serial: identity?.serial ?? '', undoes: null }]);
  }

  /** All that it is set to, asked of the device now: see Compliance.policyOf. */
  async readAll(deviceId: string, caller: Caller): Promise<void> {
    const { identity } = await this.devices.view(deviceId);
    if (identity) await this.#refuseOutside(identity.ip);
    const request = assessmentRequested.draft({
      deviceId,
      policyId: null,
      mode: 'dryRun',
      everything: true,
      requestedBy: caller.name,
    });
    const detail = { mode: 'dryRun', everything: true };
    await this.#command([request], { caller, target: `device:${deviceId}`, detail });
  }

  /** Each member of the group by itself. */
  async group(groupId: string, { policyId, mode }: Wanted, caller: Caller): Promise<Asked> {
    await this.documents.one(groupChanged, groupId);
    if (policyId !== null) await this.documents.one(policyChanged, policyId);
    const draft = (deviceId: string) =>
      assessmentRequested.draft({ deviceId, policyId, mode, ...by(caller) });
    return this.#ofEach(groupId, draft, { caller, detail: { policyId, mode } });
  }

  async undo(deviceId: string, taskId: string, caller: Caller): Promise<Asked> {
    const { identity } = await this.devices.view(deviceId);
    if (identity) await this.#refuseOutside(identity.ip);
    const one = { limit: 1, after: '', task: taskId };
    const [task] = (await readChanged(this.parts.store, deviceId, one)).items;
    if (!task)
      throw new Refusal('notFound', 'This task has changed nothing on this device, or it is too long ago.');
    const others = task.changes.filter(({ secret }) => !secret);
    if (others.length === 0)
      throw new Refusal('tooLate', 'This task has changed secrets alone, and secrets are not put back.');
    if (others.every(({ undoneBy }) => undoneBy !== null))
      throw new Refusal('tooLate', 'All that this task has changed was put back already.');
    const request = assessmentUndoRequested.draft({ deviceId, taskId, requestedBy: caller.name });
    await this.#command([request], { caller, target: `device:${deviceId}`, detail: { taskId } });
    return askedOf([{ request, serial: identity?.serial ?? '', undoes: taskId }]);
  }

  /** All that its members were changed since then, and was not put back. */
  async undoGroup(groupId: string, since: Date, caller: Caller): Promise<Asked> {
    await this.documents.one(groupChanged, groupId);
    const all: Request[] = [];
    for (let after: string | null = null; ;) {
      const on = { groupId, since, requestedBy: caller.name };
      const step: Step = await nextStep(this.parts.store, on, after);
      const detail = { since: since.toISOString(), devices: askedOf(step.requests).devices };
      const drafts = step.requests.map(({ request }) => request);
      if (drafts.length > 0) await this.#command(drafts, { caller, target: `group:${groupId}`, detail });
      all.push(...step.requests);
      if (step.next === null) return askedOf(all);
      after = step.next;
    }
  }

  /** Assessment is told of it in any case: see stopping.ts. Throws Refusal when there was nothing to stop. */
  async cancel(deviceId: string, caller: Caller): Promise<void> {
    const { identity } = await this.devices.view(deviceId);
    const nothing = `Nothing of ${identity?.serial ?? 'it'} is known to run or to wait.`;
    await stop(this.parts, { whose: { deviceId }, caller, nothing });
  }

  /** Each member of the group by itself. Resolves to how many of them had something to stop; throws Refusal when none. */
  async cancelGroup(groupId: string, caller: Caller): Promise<number> {
    await this.documents.one(groupChanged, groupId);
    const nothing = `Nothing of any device of ${groupId} is known to run or to wait.`;
    return stop(this.parts, { whose: { groupId }, caller, nothing });
  }

  async changes(deviceId: string, query: ChangedQuery) {
    await this.devices.view(deviceId);
    return readChanged(this.parts.store, deviceId, query);
  }

  /** The newest dry run of each member that had one, by serial number. */
  async dryRuns(groupId: string, { limit, after }: { readonly limit: number; readonly after: string }) {
    await this.documents.one(groupChanged, groupId);
    const from = `console.device d join console.dry_run r on r.device_id = d.id
      where d.listed and d.group_ids @> array[$1::text]`;
    const rows = await this.parts.store.query<ForeseenRow>(
      `select d.id, d.serial, r.body from ${from} and (d.serial, d.id) > ($2, $3::uuid)
       order by d.serial, d.id limit $4`,
      [groupId, ...positionOf(after), limit + 1],
    );
    const [counted] = await this.parts.store.query<{ total: number }>(
      `select count(*) as total from ${from}`,
      [groupId],
    );
    return pageOf(rows, {
      limit,
      total: Number(counted?.total ?? 0),
      item: ({ id, serial, body }) => ({ deviceId: id, serial, ...foreseenOf(body) }),
      next: ({ id, serial }) => `${serial}~${id}`,
    });
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

  /** Of each member of a group the same, some of them in one transaction. */
  async #ofEach(
    groupId: string,
    draft: (deviceId: string) => OfDevice,
    { caller, detail }: Omit<Command, 'target'>,
  ): Promise<Asked> {
    const all: Request[] = [];
    for (let last: string | null = null; ;) {
      const members: readonly Member[] = await this.parts.store.query<Member>(
        `select id, serial from console.device where listed and group_ids @> array[$1::text]
           and ($2::uuid is null or id > $2) order by id limit ${stepMax}`,
        [groupId, last],
      );
      const requests = members.map(({ id, serial }) => ({ request: draft(id), serial, undoes: null }));
      const drafts = requests.map(({ request }) => request);
      const of = { caller, target: `group:${groupId}`, detail: { ...detail, devices: members.length } };
      if (drafts.length > 0) await this.#command(drafts, of);
      all.push(...requests);
      last = members.at(-1)?.id ?? null;
      if (members.length < stepMax) return askedOf(all);
    }
  }

  #command(drafts: readonly Draft[], { caller, target, detail }: Command): Promise<void> {
    const { name: who, from } = caller;
    const action = drafts[0]?.definition.type ?? '';
    return this.parts.store.transaction(async (tx) => {
      const entry = await audit(tx, { who, from, action, target, detail });
      await keepAsked(tx, entry, drafts);
      await record(tx, this.parts.bus, drafts);
    });
  }
}

const by = ({ name }: Caller) => ({ requestedBy: name, everything: false });

interface Command {
  readonly caller: Caller;
  readonly target: string;
  readonly detail: object;
}

interface Member extends Record<string, unknown> {
  readonly id: string;
  readonly serial: string;
}

interface ForeseenRow {
  readonly id: string;
  readonly serial: string;
  readonly body: AssessmentFinished;
}
