// A device as the agent serves it, assessed, remediated and verified by assessment's own consumers and worker (R60-R62).
import { randomUUID, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { metrics } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runWorkers, type RunningWorkers } from '#bus/worker';
import { settingsCatalogue } from '#device/catalogue';
import { policyTemplates } from '#documents/templates';
import {
  assessmentFinished,
  assessmentRequested,
  assessmentStarted,
  type AssessmentFinished,
} from '#events/assessment';
import { assessmentUndone, assessmentUndoRequested } from '#events/undo';
import { deviceGrouped, type DeviceGrouped } from '#events/device';
import type { Event } from '#events/event';
import { exampleIdentity, type Identity } from '#events/identity';
import { exampleIpsecRule } from '#events/ipsec';
import { policyChanged, type Policy, type PolicyIpsec } from '#events/policy';
import { defaultSettings, settingsChanged, type Settings } from '#events/settings';
import { trustSetBody, trustSetChanged } from '#events/trust-set';
import { fingerprintOf, type Credentials } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';
import { openLog } from '#runtime/log';
import type { Store } from '#store/store';
import { startApi, type Api } from '../../apps/agent/device/api.js';
import {
  Device,
  freshConfiguration,
  type Configuration,
  type DeviceOptions,
} from '../../apps/agent/device/device.js';
import { deviceSettings } from '../../apps/agent/device/setting.js';
import { assessment } from '../../apps/assessment/assessment.js';
import { Authority } from '../support/authority.js';
import { databases, openFor, published, startFed, type Fed } from '../support/fed-delivery.js';
import { outboxBus } from '../support/outbox-bus.js';
import { until } from '../support/until.js';

const saying = (part: string): unknown => expect.stringContaining(part);
const devicePort = 7627;
const network = '127.9.0.0/16';
const on: Settings = {
  ...defaultSettings,
  allowRemediation: true,
  initialPolicy: 'base',
  deviceNetworks: [network],
};
const log = openLog({ level: 'silent', fields: {} });
const ended: { readonly trace: string; readonly name: string }[] = [];
const done = (): Promise<void> => Promise.resolve();
const telemetry = new NodeSDK({
  metricReaders: [],
  spanProcessors: [
    {
      onStart: () => undefined,
      onEnd: (span) => void ended.push({ trace: span.spanContext().traceId, name: span.name }),
      forceFlush: done,
      shutdown: done,
    },
  ],
});
beforeAll(() => telemetry.start());
afterAll(() => telemetry.shutdown());

/** The trace that what is fed here belongs to. */
const asked = '0af7651916cd43dd8448eb211c80319c';
let version = 0;
const settings = (body: Settings) =>
  published(settingsChanged.draft({ id: 'settings', version: (version += 1), changedBy: 'admin', body }));
const policy = (id: string, body: Policy) =>
  published(policyChanged.draft({ id, version: (version += 1), changedBy: 'admin', body }));
const base = policyTemplates.find(({ id }) => id === 'base')?.body ?? {
  name: '',
  description: '',
  items: [],
};

describe('the settings catalogue', () => {
  it('has the keys and values of the device API', () => {
    for (const [key, setting] of Object.entries(deviceSettings)) {
      const listed = settingsCatalogue.get(key);
      expect(listed, key).toBeDefined();
      if (listed && !listed.readOnly) expect(setting.fault(listed.recommended), key).toBeNull();
    }
  });
});

describe.each(Object.keys(databases))('a device is assessed, on %s', (name) => {
  let store: Store;
  let fed: Fed;
  let credentials: Credentials;
  let workers: RunningWorkers | null = null;
  const up: Pick<Api, 'stop'>[] = [];
  let last = 0;

  beforeAll(async () => {
    store = await openFor(name, 'assessment');
    credentials = await selfSigned({ commonName: 'printer', serialNumber: exampleIdentity.serial });
  });
  beforeEach(async () => {
    for (const table of ['device', 'task', 'outbox', 'inbox', 'parked', 'document']) {
      await store.query(`delete from assessment.${table}`);
    }
    fed = await startFed(store, assessment.consumers);
    await fed.feed(settings(on), policy('base', base));
  });
  afterEach(async () => {
    await workers?.stop();
    await fed.stop();
    await Promise.all(up.splice(0).map((api) => api.stop()));
  });

  const start = (ports: { readonly snmpPort?: number } = {}): void => {
    const parts = { store, bus: outboxBus, log, meter: metrics.getMeter('test'), instance: 'one' };
    const config = { devicePort, ...ports, keyFile: null, attemptsMax: 2 };
    const of = assessment.workers?.({ ...parts, config }) ?? [];
    workers = runWorkers({ ...parts, workers: of, service: 'assessment' });
  };

  async function plugIn(
    options: Partial<DeviceOptions> = {},
    shown: Credentials = credentials,
  ): Promise<{ device: Device; identity: Identity }> {
    last += 1;
    const ip = `127.9.${name === 'PGlite' ? 1 : 2}.${last}`;
    const identity = { ...exampleIdentity, ip };
    let kept: Configuration = freshConfiguration;
    const memory = {
      read: () => kept,
      save: (configuration: Configuration) => {
        kept = configuration;
        return Promise.resolve();
      },
    };
    const device = new Device({ identity, memory, ...options });
    up.push(await startApi({ device, identity: shown, host: ip, port: devicePort }));
    return { device, identity };
  }

  const fingerprint = (of: Credentials = credentials) =>
    fingerprintOf(new X509Certificate(of.certificate).raw);
  const grouped = (identity: Identity, of: Partial<DeviceGrouped> = {}) =>
    published(
      deviceGrouped.draft({
        deviceId: randomUUID(),
        identity,
        trigger: 'announced',
        announcements: [randomUUID()],
        fingerprint: fingerprint(),
        fresh: true,
        groups: [],
        left: [],
        licensedSequence: 1,
        ...of,
      }),
      { traceparent: `00-${asked}-b7ad6b7169203331-01` },
    );
  const finished = (count = 1): Promise<readonly AssessmentFinished[]> =>
    until(`${count} assessments ended`, async () => {
      const told = await fed.told(assessmentFinished);
      return told.length >= count && told;
    });
  const only = async (): Promise<AssessmentFinished> => {
    const [one] = await finished();
    if (!one) throw new Error('nothing ended');
    return one;
  };
  const outcomesOf = ({ results }: AssessmentFinished, outcome: string) =>
    results.filter((result) => result.outcome === outcome).map(({ setting }) => setting);

  it('out of the box: read, compared, remediated, read again, compliant; and the policy is remembered', async () => {
    const { device, identity } = await plugIn();
    const event = grouped(identity);
    await fed.feed(event);
    start();
    const result = await only();
    expect(result).toMatchObject({ outcome: 'compliant', detail: null, covers: event.data.announcements });
    expect(outcomesOf(result, 'remediated').length).toBeGreaterThanOrEqual(12);
    for (const { setting, required } of base.items)
      expect([setting, device.settings()[setting]]).toEqual([setting, required]);
    expect(result.results.find(({ setting }) => setting === 'svc.telnet')).toMatchObject({
      before: true,
      after: false,
    });
    expect(await store.query(`select last_policy from assessment.device`)).toEqual([{ last_policy: 'base' }]);
    const [began] = await fed.told(assessmentStarted);
    expect(began).toMatchObject({ taskId: result.taskId, startedAt: result.startedAt, attempt: 1 });
  });

  it('the calls to the device lie in the trace of what led to them', async () => {
    ended.splice(0);
    const { identity } = await plugIn();
    await fed.feed(grouped(identity));
    start();
    await finished();
    const names = ended.filter((span) => span.trace === asked).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['device identify', 'device read', 'device write']));
  });

  it('compliant already: nothing is written', async () => {
    let writes = 0;
    const { device, identity } = await plugIn({ onChanged: () => (writes += 1) });
    await device.write(Object.fromEntries(base.items.map(({ setting, required }) => [setting, required])));
    writes = 0;
    await fed.feed(grouped(identity));
    start();
    const result = await only();
    expect(result.outcome).toBe('compliant');
    expect(outcomesOf(result, 'compliant')).toHaveLength(base.items.length);
    expect(writes).toBe(0);
  });

  it('a refused write: not compliant, the setting and the reason named, all others remediated', async () => {
    const veto = (key: string) => (key === 'svc.telnet' ? 'the panel is locked' : null);
    const { identity } = await plugIn({ veto });
    await fed.feed(grouped(identity));
    start();
    const result = await only();
    expect(result).toMatchObject({ outcome: 'nonCompliant', detail: saying('Telnet') });
    expect(outcomesOf(result, 'nonCompliant')).toEqual(['svc.telnet']);
    expect(result.results.find(({ setting }) => setting === 'svc.telnet')?.detail).toContain(
      'the panel is locked',
    );
  });

  it('a write that the device says it took but did not: found by reading again, not compliant', async () => {
    const { device, identity } = await plugIn({ ignores: (key) => key === 'svc.telnet' });
    await fed.feed(grouped(identity));
    start();
    const result = await only();
    expect(result).toMatchObject({ outcome: 'nonCompliant', detail: saying('Telnet') });
    expect(outcomesOf(result, 'nonCompliant')).toEqual(['svc.telnet']);
    expect(result.results.find(({ setting }) => setting === 'svc.telnet')).toMatchObject({
      before: true,
      after: true,
      detail: 'it took it, but says true when read again',
    });
    expect(device.settings()['svc.telnet']).toBe(true);
  });

  it('a device that makes a setting stricter than it was asked to is right, and not asked once more', async () => {
    const hold = 'jobs.holdTimeoutMinutes';
    const readsOf = async (own: number | null): Promise<number> => {
      ended.splice(0);
      const { device, identity } = await plugIn({
        onChanged: (changed) => void (own !== null && changed[hold] === 240 && device.write({ [hold]: own })),
      });
      const event = grouped(identity);
      await fed.feed(event);
      const result = await until('it is assessed', async () =>
        (await fed.told(assessmentFinished)).find(({ deviceId }) => deviceId === event.data.deviceId),
      );
      expect(result).toMatchObject({ outcome: 'compliant' });
      expect(result.results.find(({ setting }) => setting === hold)).toMatchObject({
        ...{ outcome: 'remediated', before: 0, after: own ?? 240, detail: null },
      });
      return ended.filter((span) => span.trace === asked && span.name === 'device read').length;
    };
    start();
    const usual = await readsOf(null);
    expect(await readsOf(120)).toBe(usual);
  });

  it('a setting that the device lacks is unsupported, and ignored where the policy says so', async () => {
    const { identity } = await plugIn({ missing: ['wifi.direct'] });
    await fed.feed(grouped(identity));
    start();
    const result = await only();
    expect(outcomesOf(result, 'unsupported')).toEqual(['wifi.direct']);
    expect(result.outcome).toBe('compliant');
  });

  it('a protocol that it was silent by is remembered with it, and not tried again by the next task', async () => {
    const { identity } = await plugIn({ missing: ['wifi.direct'] });
    const silent = createSocket('udp4');
    let heard = 0;
    silent.on('message', () => (heard += 1)).bind(0, identity.ip);
    await once(silent, 'listening');
    up.push({ stop: async () => void (await new Promise<void>((closed) => silent.close(closed))) });
    const { deviceId } = grouped(identity).data;
    start({ snmpPort: silent.address().port });
    await fed.feed(settings({ ...on, probeCommunity: 'readers' }));
    let count = 0;
    /** How often it is asked by SNMP, for what it does not say by its API. */
    const askedBySnmp = async (event: Event): Promise<number> => {
      heard = 0;
      await fed.feed(event);
      const last = (await finished((count += 1))).at(-1);
      expect(last && outcomesOf(last, 'unsupported')).toEqual(['wifi.direct']);
      return heard;
    };
    const dryRun = () => {
      const wish = { deviceId, policyId: 'base', mode: 'dryRun', everything: false } as const;
      return published(assessmentRequested.draft({ ...wish, requestedBy: 'ada' }));
    };
    expect(await askedBySnmp(grouped(identity, { deviceId }))).toBeGreaterThan(0);
    expect(await askedBySnmp(grouped(identity, { deviceId }))).toBe(0);
    expect(await askedBySnmp(dryRun())).toBe(0);
    await store.query('update assessment.device set ways = null');
    expect(await askedBySnmp(dryRun())).toBeGreaterThan(0);
    expect(await askedBySnmp(dryRun())).toBe(0);
  });

  it('asked for while remediation is off: reported, nothing is written', async () => {
    let writes = 0;
    const { identity } = await plugIn({ onChanged: () => (writes += 1) });
    const event = grouped(identity);
    await fed.feed(settings({ ...on, allowRemediation: false }), event);
    const { deviceId } = event.data;
    await fed.feed(
      published(
        assessmentRequested.draft({
          deviceId,
          policyId: null,
          requestedBy: 'admin',
          mode: 'assess',
          everything: false,
        }),
      ),
    );
    start();
    const result = await only();
    expect(result).toMatchObject({ outcome: 'nonCompliant', trigger: 'requested' });
    expect(result.detail).toContain('Allow Automatic Remediation is off');
    expect(writes).toBe(0);
  });

  it('what could cut Muster off is written last, one at a time', async () => {
    const writes: string[][] = [];
    const { identity } = await plugIn({ onChanged: (changed) => void writes.push(Object.keys(changed)) });
    await fed.feed(grouped(identity));
    start();
    expect((await only()).outcome).toBe('compliant');
    const [safe = [], ...last] = writes;
    const cutsOff = (key: string) => settingsCatalogue.get(key)?.cutsOff === true;
    expect(safe.length).toBeGreaterThan(5);
    expect(safe.filter(cutsOff)).toEqual([]);
    expect(last.map((keys) => keys.length)).toEqual(last.map(() => 1));
    expect(last.flat().toSorted()).toEqual(
      base.items
        .map(({ setting }) => setting)
        .filter(cutsOff)
        .toSorted(),
    );
    expect(last.length).toBeGreaterThan(2);
  });

  it('a device that is lost by a setting: nothing more is written, and the end says by which', async () => {
    const writes: string[] = [];
    const onChanged = (changed: object): void => {
      writes.push(...Object.keys(changed));
      if ('tls.strength' in changed) void up.pop()?.stop();
    };
    const { identity } = await plugIn({ onChanged });
    const event = grouped(identity);
    await fed.feed(settings({ ...on, allowRemediation: false }), event);
    const { deviceId } = event.data;
    const request = {
      deviceId,
      policyId: 'base',
      requestedBy: 'admin',
      mode: 'assess',
      everything: false,
    } as const;
    await fed.feed(settings(on), published(assessmentRequested.draft(request)));
    start();
    await until('it is given up', async () => {
      await store.query(`update assessment.task set not_before = now() where state = 'waiting'`);
      return (await fed.told(assessmentFinished)).length === 1;
    });
    const result = await only();
    expect(result).toMatchObject({
      outcome: 'unreachable',
      detail: saying('The last that was written to it: TLS cipher strength, "high".'),
    });
    expect(writes.at(-1)).toBe('tls.strength');
    expect(result.changes.map(({ setting }) => setting)).toEqual(writes);
    expect(result.changes.at(-1)).toMatchObject({ before: 'low', after: 'high', verified: false });
    expect(await fed.told(assessmentStarted)).toHaveLength(4);
  });

  it('what is kept of a setting that was not taken is nothing', async () => {
    const veto = (key: string) => (key === 'svc.telnet' ? 'the panel is locked' : null);
    const { identity } = await plugIn({ veto, ignores: (key) => key === 'svc.ftp' });
    await fed.feed(grouped(identity));
    start();
    const { changes } = await only();
    const rows = await store.query<{ setting: string }>(
      `select setting from assessment.change order by number`,
    );
    expect(rows.map(({ setting }) => setting)).toEqual(changes.map(({ setting }) => setting));
    expect(changes.filter(({ setting }) => /telnet|ftp$/.test(setting))).toEqual([]);
    expect(changes.filter(({ verified, driver }) => !verified || driver !== 'api')).toEqual([]);
  });

  it('undone the other way round, but for what somebody else has changed since; and the undoing, too', async () => {
    const writes: object[] = [];
    const { device, identity } = await plugIn({ onChanged: (changed) => void writes.push(changed) });
    const event = grouped(identity);
    const { deviceId } = event.data;
    await fed.feed(event);
    start();
    const { taskId, changes } = await only();
    await device.write({ 'svc.ipp': 'off' });
    const after = device.settings();
    writes.splice(0);
    const undoing = async (undoes: string) => {
      const request = { deviceId, taskId: undoes, requestedBy: 'admin' };
      const earlier = (await fed.told(assessmentUndone)).map((ended) => ended.taskId);
      await fed.feed(published(assessmentUndoRequested.draft(request)));
      return until('it is undone', async () =>
        (await fed.told(assessmentUndone)).find((ended) => !earlier.includes(ended.taskId)),
      );
    };
    const undone = await undoing(taskId);
    expect(undone).toMatchObject({ outcome: 'partly', detail: saying('something else') });
    const others = changes.filter(({ setting }) => setting !== 'svc.ipp');
    expect(undone.items.map(({ setting }) => setting)).toEqual(
      changes.map(({ setting }) => setting).toReversed(),
    );
    expect(undone.items.find(({ setting }) => setting === 'svc.ipp')).toMatchObject({
      outcome: 'changedSince',
      says: 'off',
    });
    expect(device.settings()).toMatchObject({
      'svc.ipp': 'off',
      ...Object.fromEntries(others.map(({ setting, before }) => [setting, before])),
    });
    // The last that was written is the first that is put back.
    expect(Object.keys(writes[0] ?? {})).toEqual([changes.at(-1)?.setting]);
    const again = await undoing(taskId);
    expect(again.items.map(({ setting }) => setting)).toEqual(['svc.ipp']);
    await undoing(undone.taskId);
    expect(device.settings()).toEqual(after);
  });

  describe('rules of IPsec', () => {
    const ipsec: PolicyIpsec = {
      severity: 'high',
      remediate: true,
      unsupported: 'ignore',
      rules: [exampleIpsecRule],
    };
    const ask = (of: Partial<PolicyIpsec> = {}) =>
      fed.feed(policy('base', { ...base, ipsec: { ...ipsec, ...of } }));
    const about = ({ results }: AssessmentFinished) =>
      results.find(({ setting }) => setting === 'ipsec.rules');

    it('are written after all else, verified, kept and put back', async () => {
      const { device, identity } = await plugIn();
      await device.setIpsec([{ ...exampleIpsecRule, dh: 'dh14', strength: 'baseline' }]);
      const [before, rules] = [device.settings(), device.ipsec()];
      const event = grouped(identity);
      await ask();
      await fed.feed(event);
      start();
      const { taskId, outcome, changes, ...result } = await only();
      expect(outcome).toBe('compliant');
      expect(about({ taskId, outcome, changes, ...result })).toMatchObject({
        outcome: 'remediated',
        before: expect.stringMatching(/^print-servers: .*dh dh14/) as unknown,
        after: expect.stringMatching(/^print-servers: .*dh ecp256/) as unknown,
        driver: 'api',
      });
      expect(device.ipsec()).toEqual([exampleIpsecRule]);
      expect(changes.at(-1)).toMatchObject({ setting: 'ipsec.rules', title: 'IPsec rules', verified: true });
      const { deviceId } = event.data;
      await fed.feed(published(assessmentUndoRequested.draft({ deviceId, taskId, requestedBy: 'admin' })));
      const [undone] = await until('it is undone', async () => {
        const told = await fed.told(assessmentUndone);
        return told.length > 0 && told;
      });
      expect(undone).toMatchObject({ outcome: 'undone', detail: null });
      expect(undone?.items[0]).toMatchObject({ setting: 'ipsec.rules', outcome: 'restored' });
      expect(device.ipsec()).toEqual(rules);
      expect(device.settings()).toEqual(before);
    });

    it('are only reported, or not there, where that is so', async () => {
      const [reported, lacking] = [await plugIn(), await plugIn({ missing: ['ipsec'] })];
      await ask({ remediate: false });
      await fed.feed(grouped(reported.identity), grouped(lacking.identity));
      start();
      const ends = new Map((await finished(2)).map((one) => [one.identity.ip, one]));
      const [first, second] = [ends.get(reported.identity.ip), ends.get(lacking.identity.ip)];
      expect(first?.outcome).toBe('nonCompliant');
      expect(first && about(first)).toMatchObject({
        outcome: 'nonCompliant',
        detail: 'the policy only reports it: print-servers: the device has no such rule',
      });
      expect(reported.device.ipsec()).toEqual([]);
      expect(second?.outcome).toBe('compliant');
      expect(second && about(second)).toMatchObject({ outcome: 'unsupported', before: null });
    });

    it('that cut Muster off, many of them: the end says so, and that they were the last', async () => {
      let kept: Configuration = freshConfiguration;
      const save = (configuration: Configuration): Promise<void> => {
        if (configuration.ipsec.length > 0) void up.pop()?.stop();
        kept = configuration;
        return Promise.resolve();
      };
      const { identity } = await plugIn({ memory: { read: () => kept, save } });
      const event = grouped(identity);
      const many = Array.from({ length: 6 }, (_, place) => ({
        ...exampleIpsecRule,
        name: `${exampleIpsecRule.name}-${place}`,
        remote: `10.2.${place}.10, 10.2.${place}.16/28, fd00:2:${place}::10`,
      }));
      await ask({ rules: many });
      await fed.feed(event);
      start();
      await until('it is given up', async () => {
        await store.query(`update assessment.task set not_before = now() where state = 'waiting'`);
        return (await fed.told(assessmentFinished)).length === 1;
      });
      const { outcome, detail, changes } = await only();
      expect(outcome).toBe('unreachable');
      expect(detail).toMatch(/The last that was written to it: IPsec rules\.$/);
      expect(changes.at(-1)).toMatchObject({ setting: 'ipsec.rules', before: 'none', verified: false });
    });
  });

  it('another certificate than the pinned one: failed at once, nothing sent', async () => {
    const { device, identity } = await plugIn();
    await fed.feed(grouped(identity, { fingerprint: 'b'.repeat(64) }));
    start();
    expect(await only()).toMatchObject({
      outcome: 'failed',
      detail: saying('another certificate'),
    });
    expect(device.settings()['svc.telnet']).toBe(true);
  });

  it('mutual authentication: only a device that its authority vouches for is spoken with', async () => {
    const authority = await Authority.create('Printers');
    const certified = await authority.issue({ commonName: 'x', serialNumber: exampleIdentity.serial });
    const body = trustSetBody.parse({ name: 'Printers', authorities: authority.certificate });
    const mutual: Settings = { ...on, authentication: 'mutual', trustSet: 'printers' };
    await fed.feed(
      published(trustSetChanged.draft({ id: 'printers', version: 1, changedBy: 'admin', body })),
      settings(mutual),
    );
    const [good, selfMade] = [await plugIn({}, certified), await plugIn()];
    await fed.feed(
      grouped(good.identity, { fingerprint: fingerprint(certified) }),
      grouped(selfMade.identity),
    );
    start();
    const ends = new Map((await finished(2)).map((one) => [one.identity.ip, one]));
    expect(ends.get(good.identity.ip)?.outcome).toBe('compliant');
    expect(ends.get(selfMade.identity.ip)).toMatchObject({ outcome: 'failed', detail: saying('untrusted') });
    expect(selfMade.device.settings()['svc.telnet']).toBe(true);
  });

  it('another serial number at the address: failed, nothing written', async () => {
    const { device, identity } = await plugIn();
    await fed.feed(grouped({ ...identity, serial: 'OTHER-1' }, { fingerprint: null }));
    start();
    expect(await only()).toMatchObject({
      outcome: 'failed',
      detail: saying('another device'),
    });
    expect(device.settings()['svc.telnet']).toBe(true);
  });

  it('a password that Muster does not hold: failed, with the reason', async () => {
    const { device, identity } = await plugIn();
    await device.setPassword('correct horse');
    await fed.feed(grouped(identity));
    start();
    expect(await only()).toMatchObject({ outcome: 'failed', detail: saying('password') });
  });

  it('still booting: tried again until it answers', async () => {
    const identity = { ...exampleIdentity, ip: `127.9.${name === 'PGlite' ? 1 : 2}.${last + 1}` };
    await fed.feed(grouped(identity));
    start();
    await until('a first attempt failed', async () => {
      const [row] = await store.query<{ state: string }>(`select state from assessment.task`);
      return row?.state === 'waiting';
    });
    await plugIn();
    expect((await only()).outcome).toBe('compliant');
    expect((await fed.told(assessmentStarted)).length).toBeGreaterThan(1);
  });

  it('never there: unreachable in the end', async () => {
    await fed.feed(grouped({ ...exampleIdentity, ip: '127.9.3.1' }));
    start();
    await until('it is given up', async () => {
      await store.query(`update assessment.task set not_before = now() where state = 'waiting'`);
      return (await fed.told(assessmentFinished)).length === 1;
    });
    expect(await only()).toMatchObject({ outcome: 'unreachable', results: [] });
    // For as long as a printer may boot.
    expect(await fed.told(assessmentStarted)).toHaveLength(7);
  });
});
