// Virtual devices and assessment's side of them on PostgreSQL: each is known, remediation is on, and the policy base holds for them. What
// other services would say is said by hand, and the work is done by the workers that a test starts.
import { metrics } from '@opentelemetry/api';
import { runWorkers, type RunningWorkers, type Worker } from '#bus/worker';
import { policyTemplates } from '#documents/templates';
import { deviceGrouped } from '#events/device';
import type { DocumentDefinition } from '#events/document';
import type { Event } from '#events/event';
import { groupBody, groupChanged } from '#events/group';
import { policyChanged } from '#events/policy';
import { defaultSettings, settingsChanged, type Settings } from '#events/settings';
import type { Store } from '#store/store';
import { assessment } from '../../apps/assessment/assessment.js';
import { openFor, published, startFed, type Fed } from './fed-delivery.js';
import { outboxBus } from './outbox-bus.js';
import { freePort } from './scripts.js';
import { silentLog } from './silent.js';
import { startVirtualDevices, type VirtualDevices } from './virtual-devices.js';

interface FleetOptions {
  readonly count: number;
  /** Such as 127.42: no other test has devices there. */
  readonly prefix: string;
  readonly serialPrefix: string;
}

export type FleetDevice = VirtualDevices['devices'][number];

export class AssessedFleet {
  #versions = 0;
  #running: RunningWorkers[] = [];
  #fed: Fed | null = null;

  private constructor(
    readonly store: Store,
    readonly port: number,
    readonly peers: VirtualDevices,
    private readonly prefix: string,
  ) {}

  static async start(options: FleetOptions): Promise<AssessedFleet> {
    const store = await openFor('PostgreSQL', 'assessment');
    const port = await freePort();
    const peers = await startVirtualDevices({ ...options, port });
    return new AssessedFleet(store, port, peers, options.prefix);
  }

  /** The next version of what an operator writes. */
  document<B>(of: DocumentDefinition<B>, id: string, body: B | null): Event {
    this.#versions += 1;
    return published(of.draft({ changedBy: 'ada', id, version: this.#versions, body }));
  }

  settings(change: Partial<Settings> = {}): Event {
    return this.document(settingsChanged, 'settings', {
      ...defaultSettings,
      initialPolicy: 'base',
      allowRemediation: true,
      deviceNetworks: [`${this.prefix}.0.0/16`],
      ...change,
    });
  }

  grouped({ id: deviceId, identity }: FleetDevice, serial = identity.serial): Event {
    return published(
      deviceGrouped.draft({
        ...deviceGrouped.example,
        deviceId,
        identity: { ...identity, serial },
        fingerprint: this.peers.fingerprint,
        groups: [],
      }),
    );
  }

  /** As if nothing had happened before; none of the devices has a task yet. */
  async begin(): Promise<Fed> {
    for (const table of ['run', 'schedule', 'device', 'task', 'outbox', 'inbox', 'parked', 'document'])
      await this.store.query(`delete from assessment.${table}`);
    this.peers.reset();
    const fed = await startFed(this.store, assessment.consumers);
    this.#fed = fed;
    const base = policyTemplates.find(({ id }) => id === 'base')?.body;
    if (!base) throw new Error('there is a template base');
    const all = groupBody.parse({ name: 'All', kind: 'all' });
    await fed.feed(this.settings({ allowRemediation: false }), this.document(policyChanged, 'base', base));
    await fed.feed(
      this.document(groupChanged, 'all', all),
      ...this.peers.devices.map((one) => this.grouped(one)),
    );
    await fed.feed(this.settings());
    return fed;
  }

  work(workers: readonly Worker[], instance = 'one'): void {
    const meter = metrics.getMeter('test');
    const on = { store: this.store, bus: outboxBus, log: silentLog, meter, service: 'assessment', instance };
    this.#running.push(runWorkers({ ...on, workers }));
  }

  async stopWork(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((one) => one.stop()));
  }

  async end(): Promise<void> {
    await this.stopWork();
    await this.#fed?.stop();
  }
}
