// A device announces itself and ends up compliant: the main job of Muster, in both sizes, on real processes.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished } from '#events/assessment';
import { deviceAnnounced } from '#events/announcement';
import type { Fleet } from '../../apps/agent/fleet.js';
import { plugIn, unplug } from '../support/fleet.js';
import { openFeed, type Feed } from '../support/feed.js';
import { Operator } from '../support/operator.js';
import { password, sizes, startMuster, type Muster } from '../support/muster.js';
import { openCollector, type Collector } from '../support/collector.js';
import { seenBy, statesOf, statusCommand } from '../support/status.js';
import type { Process } from '../support/process.js';
import { ownFolder } from '../support/servers.js';
import { until } from '../support/until.js';
import { alerts, dashboardQueries, notExported } from '../support/watched.js';

const printers = 20;
const compliantPrinters = 4;

interface Detail {
  readonly lastAssessment: {
    readonly outcome: string;
    readonly results: readonly {
      setting: string;
      before: unknown;
      after: unknown;
      required: unknown;
      outcome: string;
    }[];
  };
}

describe.each(sizes)('instant-on, %s', (size) => {
  let muster: Muster;
  let fleet: Fleet;
  let feed: Feed;
  let collector: Collector;

  beforeAll(async () => {
    collector = await openCollector();
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      MUSTER_REPORT_SECONDS: '2',
      MUSTER_GATEWAY_SPOOL_DIR: await ownFolder('spool'),
    };
    muster = await startMuster({ size, environment });
    feed = openFeed(muster.operator);
  }, 400_000);

  afterAll(async () => {
    feed?.close();
    await unplug(fleet);
    await muster?.stop();
    await collector?.close();
  }, 240_000);

  const typed = (line: string) => typeAsDevice(muster.announcePorts[0] ?? 0, line);
  const announcement = (serial: string) =>
    JSON.stringify({
      muster: 1,
      type: 'announcement',
      serial,
      model: 'Typed',
      mac: '3c5282aa0001',
      ip: '127.0.0.1',
    });

  it('takes nothing until an operator switches it on', async () => {
    expect(await typed(announcement('TYPED00'))).toMatchObject({ result: 'refused', reason: 'switchedOff' });
    expect(await muster.operator.devices()).toEqual([]);
    await muster.operator.switchOn();
    // A connection that was open at the change is closed, so that none is judged by two rules: a device comes again.
    await until(
      'the gateway has heard',
      async () => (await typed(announcement('TYPED01')).catch(() => null))?.['result'] === 'accepted',
    );
  });

  it('says of each service that it is well, on the page and in a terminal', async () => {
    const well = async () => {
      const seen = await seenBy(muster.operator);
      const states = seen.services.flatMap(({ service }) => statesOf(seen, service));
      const known = seen.queues.length > 0 && seen.queues.every(({ depth }) => depth !== null);
      return seen.troubles.length === 0 && states.length === 7 && known;
    };
    await until('all are well', well);
    const { code, output } = await statusCommand(muster.operator);
    expect(output).toContain('All is well.');
    expect(code).toBe(0);
  }, 120_000);

  it('takes a line typed into openssl s_client for a device', async () => {
    expect(await typed(announcement('TYPED02'))).toMatchObject({
      result: 'accepted',
      authentication: 'anonymous',
    });
    const device = await until('it is listed and licensed', async () =>
      (await muster.operator.devices()).find(({ serial, licensed }) => serial === 'TYPED02' && licensed),
    );
    expect(device).toMatchObject({ model: 'Typed', ip: '127.0.0.1', licensed: true, autoDiscovered: true });
  });

  it('discovers, licenses, groups, assesses, remediates and verifies a fleet', async () => {
    const policy = await muster.operator.get<{ body: { items: { setting: string; required: boolean }[] } }>(
      '/api/policies/base',
    );
    const settings = Object.fromEntries(policy.body.items.map((item) => [item.setting, item.required]));
    fleet = await plugIn(muster, {
      count: printers,
      compliant: { count: compliantPrinters, settings },
      faults: [{ kind: 'refuseWrite', printer: printers, setting: 'svc.telnet' }],
    });
    expect(await fleet.settled()).toMatchObject({ accepted: printers });
    const fleetRows = await until(
      'the whole fleet is assessed',
      async () => {
        const rows = (await muster.operator.devices()).filter(({ serial }) => serial.startsWith('VNB3F'));
        const ended = rows.filter(({ status }) => !['unassessed', 'assessing'].includes(status));
        return ended.length === printers && rows;
      },
      90_000,
    );
    const by = (status: string) => fleetRows.filter((row) => row.status === status);
    expect(by('compliant')).toHaveLength(printers - 1);
    expect(by('nonCompliant').map(({ serial }) => serial)).toEqual([fleet.printers.at(-1)?.identity.serial]);
    expect(fleetRows.every(({ licensed, lastPolicyUsed }) => licensed && lastPolicyUsed !== null)).toBe(true);
  }, 400_000);

  it('changed only what differed, and read it back from the device itself', async () => {
    const rows = await muster.operator.devices();
    const detailOf = async (serial: string | undefined) => {
      const row = rows.find((one) => one.serial === serial);
      return (await muster.operator.get<Detail>(`/api/devices/${row?.id}`)).lastAssessment;
    };
    const [first] = fleet.printers;
    const untouched = await detailOf(first?.identity.serial);
    expect(
      untouched.results.filter(({ outcome }) => !['compliant', 'unsupported'].includes(outcome)),
    ).toEqual([]);
    expect(untouched.results.some(({ outcome }) => outcome === 'compliant')).toBe(true);
    const mended = fleet.printers[compliantPrinters];
    const assessment = await detailOf(mended?.identity.serial);
    const telnet = assessment.results.find(({ setting }) => setting === 'svc.telnet');
    expect(telnet).toMatchObject({ before: true, after: false, required: false, outcome: 'remediated' });
    const now = mended?.device.settings() ?? {};
    for (const { setting, required, outcome } of assessment.results) {
      if (outcome === 'remediated' || outcome === 'compliant')
        expect([setting, now[setting]]).toEqual([setting, required]);
    }
  });

  it('names the setting that a printer refused to change', async () => {
    const rows = await muster.operator.devices();
    const stubborn = rows.find(({ serial }) => serial === fleet.printers.at(-1)?.identity.serial);
    const { lastAssessment } = await muster.operator.get<Detail>(`/api/devices/${stubborn?.id}`);
    const unmet = lastAssessment.results.filter(({ outcome }) => outcome === 'nonCompliant');
    expect(unmet).toMatchObject([{ setting: 'svc.telnet', before: true, after: true }]);
  });

  it('has one line in the log for each assessment that ended', () => {
    const lines = muster.processes.flatMap(({ output }) => output.split('\n'));
    const ended = lines.filter((line) => line.includes('An assessment has ended'));
    const stubborn = fleet.printers.at(-1)?.identity.serial ?? '';
    const line = ended.find((text) => text.includes(`"serial":"${stubborn}"`)) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({
      level: 'info',
      outcome: 'nonCompliant',
      changed: expect.any(Number) as number,
    });
  });

  it('covers every announcement by an assessment that started after it', async () => {
    const mine = fleet.printers.map(({ identity }) => identity.serial);
    const announced = await until('all announcements are told', () => {
      const told = feed.of(deviceAnnounced).filter(({ data }) => mine.includes(data.identity.serial));
      return told.length === printers && told;
    });
    for (const { id, data } of announced) {
      const effect = await until('its assessment is told', () =>
        feed.of(assessmentFinished).find((event) => event.data.covers.includes(id)),
      );
      expect(effect.data.startedAt.localeCompare(data.acceptedAt)).toBeGreaterThanOrEqual(0);
    }
  });

  it('puts a cold-reset printer right again', async () => {
    const printer = fleet.printers[0];
    await printer?.coldReset();
    expect(printer?.device.settings()['svc.telnet']).toBe(true);
    await until('telnet is off again', () => printer?.device.settings()['svc.telnet'] === false, 120_000);
  }, 400_000);

  it.each([
    { service: 'gateway', counts: 'muster_gateway_announcements_total{result="accepted"' },
    { service: 'discovery', counts: 'muster_delivery_handled_total{consumer="discovery.' },
    { service: 'licensing', counts: 'muster_delivery_batch_size_count{consumer="licensing.' },
    { service: 'assessment', counts: 'muster_task_duration_count{service="assessment"' },
  ])(
    'counts at /metrics what $service does, and tells nobody how it was started',
    async ({ service, counts }) => {
      const text = await muster.metricsOf(service);
      expect(text).toContain(counts);
      const [target = ''] = text.split('\n').filter((line) => line.startsWith('target_info{'));
      const names = [...target.matchAll(/[{,](\w+)="/g)].map(([, name]) => name);
      expect(names.toSorted()).toEqual(['service_instance_id', 'service_name', 'service_version']);
    },
  );

  it('leaves one trace from the gateway to the device and back', async () => {
    const wanted = ['gateway', 'discovery', 'licensing', 'autogroup', 'assessment', 'forwarding', 'device'];
    const trace = await until(
      'one trace shows them all',
      () =>
        collector.traces().find((spans) => wanted.every((part) => spans.some(({ owner }) => owner === part))),
      30_000,
    );
    expect(new Set(trace.map(({ traceId }) => traceId)).size).toBe(1);
    const names = trace.map(({ name }) => name);
    expect(names).toContain('send muster.events:device.announced');
    expect(names).toContain('process muster.events:device.announced:discovery.facts');
    if (size === 'distributed') expect(collector.text()).toContain('"db.system.name"');
  }, 400_000);

  it('exports every metric, and every value of a label, that alerts and dashboard name', async () => {
    await knock(muster.announcePorts[0] ?? 0);
    const queries = [...alerts.map(({ expr }) => expr), ...dashboardQueries];
    let missing: readonly string[] = queries;
    await until(
      'all are there',
      async () => {
        const pages = await Promise.all(services.map((service) => muster.metricsOf(service)));
        missing = notExported(queries, pages).filter(
          (each) => !saidElsewhere.includes(each) && (size === 'distributed' || !elsewhere.test(each)),
        );
        return missing.length === 0;
      },
      60_000,
    ).catch(() => undefined);
    expect(missing).toEqual([]);
  }, 400_000);

  it('tells no secret in log, spans and metrics', async () => {
    const { operator, processes } = muster;
    const { token } = await operator.ask<{ token: string }>('POST', '/api/tokens', {
      name: 'planted',
      role: 'viewer',
    });
    const mistyped = 'correct horse, planted';
    await expect(Operator.signIn(operator.url, mistyped)).rejects.toThrow('401');
    const answer = await fetch(`${operator.url}/api/devices`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.ok).toBe(true);
    const planted = [password, mistyped, token, 'PRIVATE KEY', ...processes.flatMap(passwordsOf)];
    const texts = await Promise.all(services.map((service) => muster.metricsOf(service)));
    const told = [collector.text(), ...texts, ...processes.map(({ output }) => output)].join('\n');
    expect(planted.filter((secret) => told.includes(secret))).toEqual([]);
  });

  it.runIf(size === 'distributed')(
    'tells of a service that was killed, and of what gathers in its queue',
    async () => {
      const killed = muster.processes.find(({ options }) => options.name === 'licensing-1');
      expect(await killed?.signal('SIGKILL')).toBe(128);
      const depth = async () =>
        (await seenBy(muster.operator)).queues.find(({ queue }) => queue === 'licensing.facts')?.depth ?? 0;
      for (const serial of ['TYPED03', 'TYPED04']) {
        const before = await depth();
        await until(
          `${serial} is accepted`,
          async () => (await typed(announcement(serial)).catch(() => null))?.['result'] === 'accepted',
        );
        await until('its discovery waits', async () => (await depth()) > before);
      }
      const seen = await until('it is told', async () => {
        const now = await seenBy(muster.operator);
        return statesOf(now, 'licensing').includes('notHeard') && now;
      });
      expect(seen.troubles).toContain('licensing: no instance runs');
      expect(seen.troubles.join()).toMatch(/licensing \(licensing-1\) is not heard for \d+ s/);
    },
    180_000,
  );
});

const services = ['console', 'discovery', 'licensing', 'autogroup', 'assessment', 'forwarding', 'gateway'];
/** Of broker and spool, and of what stands between a service and its broker: the embedded size has none of them. */
const elsewhere = /^muster_(bus|spool|outbox)_|^db_/;
/**
 * What a gateway says only while it cannot store, see test/faults/broker.spec.ts; or with lists, see revoked.spec.ts; and
 * what trust says, see apps/trust/trust.spec.ts and enrolment.spec.ts.
 */
const saidElsewhere: readonly string[] = [
  'muster_gateway_announcements_total{result="retry"}',
  'muster_gateway_announcements_total{reason="revocationUnknown"}',
  'muster_gateway_crl_remaining',
  'muster_gateway_revocation_total',
  'muster_trust_list_remaining',
  'muster_trust_ending',
  'muster_trust_ocsp_total',
  'muster_trust_enrolments_total',
];

/** Those in the addresses that a process was started with. */
function passwordsOf({ options: { environment = {} } }: Process): readonly string[] {
  return Object.values(environment).flatMap((value) => {
    const { password: found } = URL.canParse(value) ? new URL(value) : { password: '' };
    // What a developer's server has for a password stands in many lines, as a name.
    return found.length > 8 ? [found] : [];
  });
}

/** Something that is no device, and is turned away. */
function knock(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    socket.on('error', () => undefined).on('close', () => resolve());
    socket.resume();
  });
}

/** `openssl s_client` and nothing of ours: the answer to one typed line. */
function typeAsDevice(port: number, line: string): Promise<Record<string, unknown>> {
  const words = ['s_client', '-connect', `127.0.0.1:${port}`, '-quiet', '-no_ign_eof'];
  const child = spawn('openssl', words, { stdio: ['pipe', 'pipe', 'ignore'] });
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('\n')) child.kill('SIGTERM');
    });
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(late);
      const answer = said.split('\n').find((text) => text.startsWith('{'));
      if (answer) resolve(JSON.parse(answer) as Record<string, unknown>);
      else reject(new Error(`openssl s_client got no answer: ${said}`));
    });
    child.stdin.write(`${line}\n`);
  });
}
