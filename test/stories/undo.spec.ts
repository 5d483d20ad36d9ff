// A group of fifty devices, half of them real agents of SNMP: what a dry run says, what the assessment then changes, and all
// of it put back; by assessment's own consumers and workers.
import { randomUUID, X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { metrics } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runWorkers, type RunningWorkers } from '#bus/worker';
import { settingsCatalogue } from '#device/catalogue';
import { ipsecRulesKey } from '#device/ipsec';
import { policyTemplates } from '#documents/templates';
import { assessmentFinished, assessmentRequested, type AssessmentFinished } from '#events/assessment';
import { assessmentUndone, assessmentUndoRequested } from '#events/undo';
import { deviceGrouped } from '#events/device';
import type { EventDefinition } from '#events/event';
import { exampleIdentity, type Identity } from '#events/identity';
import { exampleIpsecRule } from '#events/ipsec';
import { policyChanged, type Policy } from '#events/policy';
import { defaultSettings, settingsChanged, type Settings } from '#events/settings';
import { fingerprintOf, type Credentials } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';
import { openLog } from '#runtime/log';
import type { Store } from '#store/store';
import { startApi } from '../../apps/agent/device/api.js';
import { Device, freshConfiguration, type Configuration } from '../../apps/agent/device/device.js';
import { assessWorker } from '../../apps/assessment/assess.js';
import { assessment } from '../../apps/assessment/assessment.js';
import { openersOn } from '../../apps/assessment/connect.js';
import { dryRunWorker } from '../../apps/assessment/dry-run.js';
import { undoWorker } from '../../apps/assessment/undo.js';
import { freePort } from '../../scripts/free-port.mjs';
import { openFor, published, startFed, type Fed } from '../support/fed-delivery.js';
import { outboxBus } from '../support/outbox-bus.js';
import { unlikeRecommended } from '../support/snmpd-objects.js';
import { snmpGet, startSnmpd, withoutSnmpd, withoutSnmpGet, writeCommunity } from '../support/snmpd.js';
import { until } from '../support/until.js';

const half = 25;
const limitMs = 240_000;
const objects = unlikeRecommended(settingsCatalogue);
const on: Settings = {
  ...defaultSettings,
  allowRemediation: false,
  initialPolicy: 'base',
  maxNumberTasks: 20,
  deviceNetworks: ['127.9.0.0/16'],
  probeCommunity: writeCommunity,
};
const policy: Policy = {
  name: 'Office',
  description: '',
  items: policyTemplates.find(({ id }) => id === 'base')?.body.items ?? [],
  ipsec: { severity: 'high', remediate: true, unsupported: 'ignore', rules: [exampleIpsecRule] },
};

/** A device of the group, whatever it speaks. */
interface Plugged {
  readonly id: string;
  readonly identity: Identity;
  readonly fingerprint: string | null;
  /** All that it is set to, as it stands in the device. */
  readonly state: () => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

async function overApi(identity: Identity, port: number, shown: Credentials): Promise<Plugged> {
  let kept: Configuration = freshConfiguration;
  const save = (configuration: Configuration) => Promise.resolve(void (kept = configuration));
  const device = new Device({ identity, memory: { read: () => kept, save } });
  const api = await startApi({ device, identity: shown, host: identity.ip, port });
  return {
    id: randomUUID(),
    identity,
    fingerprint: fingerprintOf(new X509Certificate(shown.certificate).raw),
    state: () => Promise.resolve({ settings: device.settings(), ipsec: device.ipsec() }),
    stop: () => api.stop(),
  };
}

async function overSnmp(identity: Identity, port: number): Promise<Plugged> {
  const { serial, model, mac } = identity;
  const printer = { serial, model, name: 'printer', mac: mac.replaceAll(':', '') };
  const snmpd = await startSnmpd(identity.ip, port, {
    ...printer,
    objects: objects.map(({ object }) => object),
  });
  return {
    id: randomUUID(),
    identity,
    fingerprint: null,
    state: () => Promise.resolve(snmpd.values()),
    stop: () => snmpd.stop(),
  };
}

let version = 0;
const settings = (body: Settings) =>
  published(settingsChanged.draft({ id: 'settings', version: (version += 1), changedBy: 'admin', body }));
const grouped = ({ id: deviceId, identity, fingerprint }: Plugged) =>
  published(
    deviceGrouped.draft({
      deviceId,
      identity,
      fingerprint,
      trigger: 'announced',
      announcements: [randomUUID()],
      fresh: true,
      groups: [],
      left: [],
      licensedSequence: 1,
    }),
  );

describe.skipIf(withoutSnmpd)('fifty devices, half of them real agents of SNMP', () => {
  let store: Store;
  let fed: Fed;
  let workers: RunningWorkers | null = null;
  let ports = { device: 0, snmp: 0 };
  const group: Plugged[] = [];

  beforeAll(async () => {
    store = await openFor('PGlite', 'assessment');
    fed = await startFed(store, assessment.consumers);
    ports = { device: await freePort(), snmp: await freePort() };
    const credentials = await selfSigned({ commonName: 'printer', serialNumber: 'VNB3G00000' });
    const identity = (n: number, net: number): Identity => ({
      ...exampleIdentity,
      serial: `VNB3G${net}${String(n).padStart(4, '0')}`,
      ip: `127.9.${40 + net}.${n + 1}`,
    });
    const starting = Array.from({ length: half }, (_, n) => [
      overApi(identity(n, 1), ports.device, credentials),
      overSnmp(identity(n, 2), ports.snmp),
    ]).flat();
    for (const plugged of await Promise.allSettled(starting))
      if (plugged.status === 'fulfilled') group.push(plugged.value);
    expect(group).toHaveLength(2 * half);
    // Nothing may be remediated: to be known is all that follows from their announcements.
    const body = policy;
    await fed.feed(
      settings(on),
      published(policyChanged.draft({ id: 'base', version: 1, changedBy: 'admin', body })),
      ...group.map(grouped),
    );
    const log = openLog({ level: 'silent', fields: {} });
    const openers = openersOn({ devicePort: ports.device, snmpPort: ports.snmp });
    workers = runWorkers({
      ...{
        store,
        bus: outboxBus,
        log,
        meter: metrics.getMeter('test'),
        instance: 'one',
        service: 'assessment',
      },
      workers: [
        assessWorker({ store, openers, keyring: null, log }),
        dryRunWorker({ store, openers, keyring: null }),
        undoWorker({ store, openers, keyring: null, log }),
      ],
    });
  }, limitMs);
  afterAll(async () => {
    await workers?.stop();
    await fed?.stop();
    await Promise.all(group.map((plugged) => plugged.stop()));
  }, limitMs);

  /** What ended for each device since the last call. */
  async function ends<D>(definition: EventDefinition<D>, work: () => Promise<void>): Promise<readonly D[]> {
    const count = async (): Promise<number> => {
      const [row] = await store.query<{ count: number }>(
        `select count(*)::int as count from assessment.outbox where event->>'type' = $1`,
        [definition.type],
      );
      return row?.count ?? 0;
    };
    const before = await count();
    await work();
    await until(`${group.length} ended`, async () => (await count()) >= before + group.length, limitMs);
    return (await fed.told(definition)).slice(before);
  }
  const ask = (mode: 'assess' | 'dryRun') => () =>
    fed.feed(
      ...group.map(({ id: deviceId }) => {
        const request = { deviceId, policyId: 'base', requestedBy: 'admin', mode, everything: false };
        return published(assessmentRequested.draft(request));
      }),
    );
  const states = async (): Promise<ReadonlyMap<string, unknown>> =>
    new Map(await Promise.all(group.map(async ({ id, state }) => [id, await state()] as const)));
  const diffOf = (changes: readonly { setting: string; before: unknown; after: unknown }[]) =>
    Object.fromEntries(changes.map(({ setting, before, after }) => [setting, { before, after }]));
  const foreseenIn = ({ results }: AssessmentFinished) =>
    diffOf(
      results.flatMap(({ setting, before, required, wouldWrite }) =>
        wouldWrite ? [{ setting, before, after: required }] : [],
      ),
    );

  it(
    'the diff before is what is changed after, and undoing restores every value',
    async () => {
      const before = await states();
      const foreseen = new Map(
        (await ends(assessmentFinished, ask('dryRun'))).map((run) => [run.deviceId, foreseenIn(run)]),
      );
      expect([...foreseen.values()].filter((diff) => Object.keys(diff).length < 10)).toEqual([]);
      expect(await states()).toEqual(before);

      await fed.feed(settings({ ...on, allowRemediation: true }));
      const assessed = await ends(assessmentFinished, ask('assess'));
      for (const { deviceId, outcome, detail, changes } of assessed) {
        // Who is spoken with by a community alone would be lost without one.
        expect({ outcome, detail }).toEqual(
          changes.every(({ driver }) => driver === 'api')
            ? { outcome: 'compliant', detail: null }
            : { outcome: 'nonCompliant', detail: expect.stringMatching(/^SNMP access \(.* by a community/) },
        );
        expect(diffOf(changes)).toEqual(foreseen.get(deviceId));
        expect(changes.filter(({ verified }) => !verified)).toEqual([]);
      }
      const drivers = assessed.map(({ changes }) => new Set(changes.map(({ driver }) => driver)));
      expect(drivers.filter((by) => by.has('snmp') && by.size === 1)).toHaveLength(half);
      expect(drivers.filter((by) => by.has('api') && by.size === 1)).toHaveLength(half);
      const last = assessed.map(({ changes }) => changes.at(-1)?.setting);
      expect(last.filter((setting) => setting === ipsecRulesKey)).toHaveLength(half);
      const changed = await states();
      expect(group.filter(({ id }) => isDeepStrictEqual(changed.get(id), before.get(id)))).toEqual([]);

      // As after a policy that was a mistake: nothing is remediated any more, and what was done is put back.
      await fed.feed(settings(on));
      const undone = await ends(assessmentUndone, () =>
        fed.feed(
          ...assessed.map(({ deviceId, taskId }) =>
            published(assessmentUndoRequested.draft({ deviceId, taskId, requestedBy: 'admin' })),
          ),
        ),
      );
      expect(undone.filter(({ outcome }) => outcome !== 'undone')).toEqual([]);
      expect(await states()).toEqual(before);
    },
    3 * limitMs,
  );

  it.skipIf(withoutSnmpGet)('what was put back is what snmpget says', async () => {
    const spoken = group.find(({ fingerprint }) => fingerprint === null);
    for (const { object } of objects.slice(0, 3))
      expect(await snmpGet(spoken?.identity.ip ?? '', ports.snmp, object.oid)).toContain(
        String(object.value),
      );
  });
});
