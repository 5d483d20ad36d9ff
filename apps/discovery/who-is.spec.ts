// Who is at an address, asked in several ways at once: which word counts. What real devices answer is in probe.spec and
// search/search.spec.
import { expect, it } from 'vitest';
import type { Identified, Outcome, Setback } from '#device/device';
import { exampleIdentity } from '#events/identity';
import { defaultSettings } from '#events/settings';
import { whoIs, type Way } from './who-is.js';

const address = '127.8.251.7';
const settings = { ...defaultSettings, deviceNetworks: ['127.8.0.0/16'] };
const known: Outcome<Identified> = {
  kind: 'answered',
  value: { identity: { ...exampleIdentity, ip: address }, fingerprint: null },
};
const silent: Setback = { kind: 'unreachable', reason: 'silent', host: 'silent' };

/** Ways that answer when the test wants it, and how far they are. */
function some(missing: string | null = null) {
  const told: string[] = [];
  const named = (way: Way['way'], name: string, lack: string | null = null) => {
    const { promise, resolve } = Promise.withResolvers<Outcome<Identified>>();
    const ask: Way['ask'] = (_, __, signal) => {
      told.push(`${name} asked`);
      return new Promise((answered, rejected) => {
        void promise.then(answered);
        signal.addEventListener('abort', () => {
          told.push(`${name} called off`);
          rejected(signal.reason as Error);
        });
      });
    };
    return { way: { way, name, missing: () => lack, ask }, says: resolve };
  };
  const all = [named('deviceApi', 'API'), named('snmp', 'SNMP', missing), named('ipp', 'IPP')] as const;
  return { told, all, ways: all.map(({ way }) => way) };
}

const calledOff = ['API called off', 'SNMP called off', 'IPP called off'];

it('all are asked at once, and the first of them has the word, however late it comes', async () => {
  const { told, all, ways } = some();
  const [api, snmp, ipp] = all;
  const answer = whoIs(address, { ways, settings, signal: new AbortController().signal, attempt: 1 });
  expect(told).toEqual(['API asked', 'SNMP asked', 'IPP asked']);
  ipp.says(known);
  snmp.says(known);
  await new Promise((turn) => setImmediate(turn));
  api.says(known);
  expect(await answer).toMatchObject({ kind: 'found', found: { probedBy: 'deviceApi' } });
});

it('who has the word ends the others, and the next has it where one says nothing', async () => {
  const { told, all, ways } = some();
  const [api, snmp] = all;
  const answer = whoIs(address, { ways, settings, signal: new AbortController().signal, attempt: 1 });
  snmp.says(known);
  api.says(silent);
  expect(await answer).toMatchObject({ kind: 'found', found: { probedBy: 'snmp' } });
  expect(told).toContain('IPP called off');
});

it('where nobody says it, each way has its reason, and one for which something is missing is not gone', async () => {
  const { told, all, ways } = some('no community is set');
  const [api, , ipp] = all;
  const answer = whoIs(address, { ways, settings, signal: new AbortController().signal, attempt: 1 });
  ipp.says({ kind: 'unsupported', reason: 'no MAC address' });
  api.says(silent);
  expect(await answer).toEqual({
    kind: 'unknown',
    reason: 'API: silent; SNMP: no community is set; IPP: no MAC address',
    somebody: true,
    alive: true,
    mayPass: false,
  });
  expect(told).not.toContain('SNMP asked');
});

it.each([
  ['alive', true],
  ['silent', false],
  ['unknown', false],
] as const)('a host that is %s shows no device, and is there: %s', async (host, alive) => {
  const { all, ways } = some();
  const answer = whoIs(address, { ways, settings, signal: new AbortController().signal, attempt: 1 });
  all[0].says({ kind: 'unreachable', reason: 'refused', host });
  for (const way of all.slice(1)) way.says(silent);
  expect(await answer).toMatchObject({ kind: 'unknown', somebody: false, alive, mayPass: false });
});

it('what says that it is at another address is not let in by another way', async () => {
  const { all, ways } = some();
  const [api, snmp] = all;
  const answer = whoIs(address, { ways, settings, signal: new AbortController().signal, attempt: 1 });
  snmp.says(known);
  api.says({ kind: 'answered', value: { identity: exampleIdentity, fingerprint: null } });
  expect(await answer).toMatchObject({ kind: 'unknown', somebody: true, mayPass: false });
});

it('called off, it ends with all of its questions', async () => {
  const { told, ways } = some();
  const off = new AbortController();
  const answer = whoIs(address, { ways, settings, signal: off.signal, attempt: 1 });
  off.abort(new Error('not wanted any more'));
  await expect(answer).rejects.toThrow('not wanted any more');
  expect(told.slice(3)).toEqual(calledOff);
});
