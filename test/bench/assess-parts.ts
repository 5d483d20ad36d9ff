// The parts of bench:assess: the same devices, from the box each time, by instant-on, by a schedule, and by both.
import { randomUUID } from 'node:crypto';
import { policyTemplates } from '../../libs/documents/templates.js';
import { deviceGrouped } from '../../libs/events/device.js';
import { stamp, type Draft, type Event } from '../../libs/events/event.js';
import { groupBody, groupChanged } from '../../libs/events/group.js';
import type { Identity } from '../../libs/events/identity.js';
import { policyChanged } from '../../libs/events/policy.js';
import { scheduleBody, scheduleChanged, scheduleRunRequested } from '../../libs/events/schedule.js';
import { defaultSettings, settingsChanged, type Settings } from '../../libs/events/settings.js';
import { until } from '../support/until.js';
import type { Assessing } from './assessing.js';
import { cpuMsOf } from './cost.js';

const limitMs = 900_000;
const feedMax = 200;

export interface Known {
  readonly id: string;
  readonly identity: Identity;
  readonly fingerprint: string | null;
}

let sequence = 0;
function published<D>(draft: Draft<D>): Event<D> {
  sequence += 1;
  const { publisher } = draft.definition;
  const occurredAt = new Date().toISOString();
  return stamp(draft, { publisher, sequence, occurredAt, causedBy: null, traceparent: null });
}

const by = { version: 1, changedBy: 'bench' } as const;

export interface Parts {
  readonly assessing: Assessing;
  /** Every second device announces itself, the others are the schedule's. */
  readonly devices: readonly Known[];
  /** All devices are as they came from the box. */
  readonly reset: () => void;
  readonly say: (line: string) => void;
}

export class Bench {
  #version = 0;
  readonly announced: readonly Known[];
  readonly scheduled: readonly Known[];

  constructor(private readonly parts: Parts) {
    this.announced = parts.devices.filter((_, at) => at % 2 === 1);
    this.scheduled = parts.devices.filter((_, at) => at % 2 === 0);
  }

  /** Assessment knows policy, group, schedule and devices, and has done nothing yet. */
  async prepare(): Promise<void> {
    const { assessing, devices } = this.parts;
    const template = policyTemplates.find(({ id }) => id === 'base')?.body;
    // Those of SNMP are spoken with by a community, which is not ended by it.
    const items = template?.items.filter(({ setting }) => setting !== 'snmp.access') ?? [];
    const base = template ? { ...template, items } : null;
    const members = this.scheduled.map(({ id }) => id);
    const group = groupBody.parse({ name: 'Lobby', kind: 'manual', members });
    const times = { every: 'daily', from: '2026-01-01', at: '03:00', enabled: false };
    const schedule = scheduleBody.parse({ name: 'All', groupId: 'lobby', policyId: 'base', ...times });
    await this.settings({ allowRemediation: false });
    await assessing.feed(
      published(policyChanged.draft({ ...by, id: 'base', body: base })),
      published(groupChanged.draft({ ...by, id: 'lobby', body: group })),
      published(scheduleChanged.draft({ ...by, id: 'all', body: schedule })),
    );
    await this.#announce(devices);
  }

  settings(change: Partial<Settings>): Promise<void> {
    this.#version += 1;
    const on = { initialPolicy: 'base', allowRemediation: true, deviceNetworks: ['127.40.0.0/15'] };
    const body: Settings = { ...defaultSettings, ...on, ...change };
    const draft = settingsChanged.draft({ ...by, id: 'settings', version: this.#version, body });
    return this.parts.assessing.feed(published(draft));
  }

  /** Devices a second, and processor time for each. */
  async measure(name: string, work: () => Promise<number>): Promise<number> {
    const { assessing, reset, say } = this.parts;
    await until('nothing is under way', () => assessing.isIdle(), limitMs);
    reset();
    await assessing.forget();
    const cpu = cpuMsOf(process.pid);
    const began = performance.now();
    const done = await work();
    const perSecond = (1_000 * done) / (performance.now() - began);
    const cpuMs = (cpuMsOf(process.pid) - cpu) / (this.#instantOn + sum(assessing.ends.scheduled));
    const wrong = [...assessing.ends.instantOn, ...assessing.ends.scheduled].filter(
      ([how]) => how !== 'compliant',
    );
    if (wrong.length > 0)
      throw new Error(`${name}: ${wrong.map(([how, many]) => `${many} ${how}`).join(', ')}`);
    const beside = sum(assessing.ends.instantOn) / ((performance.now() - began) / 1_000);
    const flood = name.includes('beside') ? `, ${beside.toFixed(1)} instant-on/s beside it` : '';
    const told = [...assessing.ends.instantOn, ...assessing.ends.scheduled].map(
      ([how, many]) => `${many} ${how}`,
    );
    const cost = `${cpuMs.toFixed(1)} ms CPU of the service each`;
    say(`${name}: ${perSecond.toFixed(1)} devices/s${flood}, ${cost} (${told.join(', ')})`);
    return perSecond;
  }

  async instantOnAlone(): Promise<number> {
    await this.#announce(this.announced);
    await this.#allAnnounced();
    return this.announced.length;
  }

  async scheduleAlone(): Promise<number> {
    await this.#runEnds(await this.#startRun());
    return this.scheduled.length;
  }

  /** Whoever was assessed announces itself again: instant-on has always something to do. */
  async scheduleInFlood(): Promise<number> {
    let flooding = true;
    const flood = async (): Promise<void> => {
      for (let seen = 0; flooding;) {
        await this.#announce(this.announced);
        const due = (): boolean => !flooding || this.#instantOn - seen > this.announced.length / 2;
        await until('half of them had their turn', due, limitMs);
        seen = this.#instantOn;
      }
    };
    const ended = flood();
    await this.#runEnds(await this.#startRun());
    flooding = false;
    await ended;
    return this.scheduled.length;
  }

  async both(): Promise<number> {
    const runId = await this.#startRun();
    await this.#announce(this.announced);
    await this.#runEnds(runId);
    await this.#allAnnounced();
    return this.announced.length + this.scheduled.length;
  }

  get #instantOn(): number {
    return sum(this.parts.assessing.ends.instantOn);
  }

  async #announce(devices: readonly Known[]): Promise<void> {
    for (let from = 0; from < devices.length; from += feedMax)
      await this.parts.assessing.feed(...devices.slice(from, from + feedMax).map(grouped));
  }

  async #allAnnounced(): Promise<void> {
    await until('all are assessed', () => this.#instantOn >= this.announced.length, limitMs);
  }

  async #startRun(): Promise<string> {
    const runId = randomUUID();
    const draft = scheduleRunRequested.draft({ runId, scheduleId: 'all', requestedBy: 'bench' });
    await this.parts.assessing.feed(published(draft));
    return runId;
  }

  async #runEnds(runId: string): Promise<void> {
    const { runs } = this.parts.assessing;
    await until('the run has ended', () => (runs.get(runId)?.endedAt ?? null) !== null, limitMs);
    const { state, detail } = runs.get(runId) ?? { state: 'unknown', detail: null };
    if (state !== 'done') throw new Error(`the run of the schedule is ${state}: ${detail ?? ''}`);
  }
}

const sum = (ends: ReadonlyMap<string, number>): number =>
  [...ends.values()].reduce((all, one) => all + one, 0);

const grouped = ({ id, identity, fingerprint }: Known): Event =>
  published(
    deviceGrouped.draft({
      ...deviceGrouped.example,
      deviceId: id,
      identity,
      fingerprint,
      trigger: 'announced',
      announcements: [randomUUID()],
      groups: [],
      licensedSequence: 1,
    }),
  );
