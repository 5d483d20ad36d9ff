import { describe, expect, it, test } from 'vitest';
import { comparisonsOf, satisfies } from '#documents/comparison';
import { validatePolicy } from '#documents/policy';
import { faultOfValue, settingsCatalogue } from './catalogue.js';
import { askedOf } from './catalogue/setting.js';

const settings = [...settingsCatalogue.values()];

test.each(settings)(
  'a person finds words and units for the values of $key',
  ({ type, labels, recommended }) => {
    if (type.type === 'choice') {
      expect(Object.keys(labels)).toEqual(type.values);
      expect(type.values).toContain(recommended);
    }
    if (type.type === 'number') expect(type.unit).not.toBe('');
    for (const label of Object.values(labels)) expect(label).toMatch(/^[A-Z0-9][A-Za-z0-9 ,.]+$/);
  },
);

test.each(settings)('$key has its reason, and the rows of baselines that it answers', ({ why, maps }) => {
  expect(why).toMatch(/\.$/);
  expect(maps).not.toEqual([]);
  expect(new Set(maps).size).toBe(maps.length);
  for (const row of maps) expect(row).toMatch(/^(STIG V-\d{4,5}|NIST [A-Z]{2}-\d{1,2})$/);
  const [named = ''] = /STIG V-\d+/.exec(why) ?? [];
  if (named !== '') expect(maps).toContain(named);
});

test.each(settings)('what guides ask of $key can be had, and is compared in a way that it has', (setting) => {
  const { key, type, recommended, compare } = setting;
  expect(comparisonsOf(type)).toContain(compare);
  expect(satisfies(recommended, askedOf(setting), type)).toBe(true);
  const item = { setting: key, ...askedOf(setting), severity: 'low', remediate: true } as const;
  expect(validatePolicy({ items: [{ ...item, unsupported: 'ignore' }] }, settingsCatalogue)).toEqual([]);
});

test.each(settings.filter(({ type }) => type.type === 'text'))(
  'no baseline knows what $key must be: the site does',
  ({ siteDecides }) => {
    expect(siteDecides).toBe(true);
  },
);

describe('by SNMP', () => {
  const bySnmp = settings.flatMap(({ by: { snmp }, ...setting }) => (snmp ? [{ ...setting, ...snmp }] : []));

  it('at least 25 settings can be read, and 20 of them set', () => {
    expect(bySnmp.length).toBeGreaterThanOrEqual(25);
    expect(bySnmp.filter(({ writable }) => writable).length).toBeGreaterThanOrEqual(20);
    expect([bySnmp.length, bySnmp.filter(({ writable }) => writable).length]).toEqual([53, 42]);
  });

  it('each has an object of its own, named whole, with its instance', () => {
    expect(new Set(bySnmp.map(({ oid }) => oid)).size).toBe(bySnmp.length);
    for (const { oid } of bySnmp) expect(oid).toMatch(/^1\.3\.6\.1(\.\d+)+\.[01]$/);
  });

  it.each(bySnmp)('what $oid says is a value of $key', ({ type, syntax }) => {
    if (syntax.type === 'present') expect(type.type).toBe('boolean');
    if (syntax.type === 'number') expect(type.type).toBe('number');
    if (syntax.type === 'text') expect(type.type).toBe('text');
    if (syntax.type !== 'enum') return;
    const values = [...syntax.values.values()];
    expect(values.map((value) => faultOfValue(type, value))).toEqual(values.map(() => null));
    expect(new Set(values).size).toBeGreaterThan(1);
  });

  it.each(bySnmp.filter(({ writable }) => writable))(
    'what guides ask of $key can be written',
    ({ syntax, recommended, readOnly }) => {
      expect(readOnly).toBe(false);
      expect(syntax.type).not.toBe('present');
      if (syntax.type === 'enum') expect([...syntax.values.values()]).toContain(recommended);
    },
  );
});

it('at least 6 settings are judged by IPP, TLS and HTTP, besides ports', () => {
  const judged = settings.filter(
    ({ by: { ipp, probe } }) => ipp !== undefined || (probe !== undefined && probe.fact !== 'port'),
  );
  expect(judged.map(({ key }) => key)).toEqual([
    'svc.ipp',
    'ipp.auth',
    'jobs.pin',
    'web.httpsRedirect',
    'fw.version',
    'tls.oldestVersion',
    'cert.issuedByAuthority',
    'cert.daysLeft',
    'cert.strongKey',
    'cert.namesDevice',
  ]);
});

it('no port is knocked at for two settings', () => {
  const ports = settings.flatMap(({ by: { probe } }) => (probe?.fact === 'port' ? [probe.port] : []));
  expect(new Set(ports).size).toBe(ports.length);
});

it('what can cut the manager off is known', () => {
  expect(settings.filter(({ cutsOff }) => cutsOff).map(({ key }) => key)).toEqual([
    'dot1x.failSafe',
    'web.httpsRedirect',
    'snmp.access',
    'snmpv3.auth',
    'snmpv3.privacy',
    'acl.http',
    'credential.snmpRead',
    'credential.snmpWrite',
    'credential.snmpUser',
    'credential.admin',
    'tls.oldestVersion',
    'tls.strength',
    'tls.legacyRenegotiation',
    'tls.fips',
    'wifi.radio',
    'announce.server',
    'announce.requireMutual',
  ]);
});
