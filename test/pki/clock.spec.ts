// A gateway, as a process, whose clock stands at whatever second is asked for: what it makes of devices around the first and the
// last second of their certificates, of an authority's, and of a list's.
import { X509Certificate } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { line, say } from '../support/gateway.js';
import { gatewayProcesses, type GatewayProcesses } from '../support/gateway-processes.js';
import { OpensslAuthority, timeText } from '../support/openssl-authority.js';
import { ownFolder } from '../support/servers.js';
import { tellEdge } from '../support/tell-edge.js';
import { until } from '../support/until.js';
import type { Credentials } from '#pki/certificate';

const library = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((file) => existsSync(file));

const serial = 'CLOCK-0001';
const hour = 3_600;
const day = 24 * hour;
const today = Math.floor(Date.now() / 1000);
/** Of the clock, in seconds: years need not be gone through, as authorities begin now. */
const moment = {
  start: today + day,
  notBefore: today + 10 * day,
  notAfter: today + 20 * day,
  nextUpdate: today + 30 * day,
} as const;

type Shown = 'brief' | 'long' | 'revoked' | 'under a root that ends';
type Row = readonly [what: string, shown: Shown, outcome: string, from: number, offsets: readonly number[]];

let rootEnds = 0;
const rows = (): readonly Row[] => [
  ['before its first second', 'brief', 'notYetValid', moment.notBefore, [-day, -hour, -5, -1]],
  ['from its first second on', 'brief', 'accepted', moment.notBefore, [0, 1, 5, hour]],
  ['before its last second', 'brief', 'accepted', moment.notAfter, [-hour, -5, -1]],
  // OpenSSL ends a certificate with its last second, not after it.
  ['from its last second on', 'brief', 'expired', moment.notAfter, [0, 1, 5, hour, day]],
  ["before its root's last second", 'under a root that ends', 'accepted', rootEnds, [-hour, -5, -1]],
  ["from its root's last second on", 'under a root that ends', 'expired', rootEnds, [0, 1, 5, day]],
  ['while the list holds', 'long', 'accepted', moment.nextUpdate, [-hour, -5, -1]],
  ['once the list is out of date', 'long', 'revocationUnknown', moment.nextUpdate, [0, 1, 5, day]],
  ['on a list that holds', 'revoked', 'revoked', moment.nextUpdate, [-5, -1]],
  ['on a list that is out of date', 'revoked', 'revoked', moment.nextUpdate, [0, 1, 5, day]],
];

let gateways: GatewayProcesses;
let port: number;
let file: string;
const devices = new Map<Shown, Credentials>();

/** The clock stands there from now on. */
function setClock(at: number): void {
  const text = new Date(at * 1000).toISOString().slice(0, 19).replace('T', ' ');
  writeFileSync(`${file}.new`, `${text}\n`);
  renameSync(`${file}.new`, file);
}

async function outcomeOf(shown: Shown): Promise<unknown> {
  const { key, certificate: cert } = devices.get(shown) ?? {};
  const [answer] = await say(port, line({ serial }), { key, cert });
  return answer?.['reason'] ?? answer?.['result'];
}

describe.skipIf(library === undefined)('a gateway whose clock stands', () => {
  beforeAll(async () => {
    const lists = await ownFolder('lists');
    file = join(await ownFolder('clock'), 'time');
    const authority = new OpensslAuthority(await ownFolder('long'), { days: 3_650 });
    const ending = new OpensslAuthority(await ownFolder('ending'), { days: 40, commonName: 'Ending' });
    rootEnds = new X509Certificate(ending.certificate).validToDate.getTime() / 1000;
    const times = (from: number, to: number) =>
      [timeText(new Date(from * 1000)), timeText(new Date(to * 1000))] as const;
    const all = times(today, today + 3_000 * day);
    devices.set(
      'brief',
      authority.issue('brief', serial, { times: times(moment.notBefore, moment.notAfter) }),
    );
    devices.set('long', authority.issue('long', serial, { times: all }));
    devices.set('revoked', authority.issue('revoked', serial, { times: all }));
    devices.set('under a root that ends', ending.issue('device', serial, { times: all }));
    authority.revoke('revoked');
    writeFileSync(join(lists, 'long.crl'), authority.crl(times(today, moment.nextUpdate)));
    writeFileSync(join(lists, 'ending.crl'), ending.crl(all));
    setClock(moment.start);
    gateways = await gatewayProcesses();
    await tellEdge(gateways.broker, {
      version: 5,
      authentication: 'mutual',
      trustedAuthorities: authority.certificate + ending.certificate,
      revocation: { policy: 'hard', crlUrls: ['file:long.crl', 'file:ending.crl'], ocspUrl: null },
    });
    port = await freePort();
    await gateways.start({
      MUSTER_ANNOUNCE_PORT: `${port}`,
      MUSTER_GATEWAY_CRL_DIR: lists,
      TZ: 'UTC',
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      // What measures time goes on.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    });
    await until('both lists are in force', async () => (await outcomeOf('long')) === 'accepted');
  });
  afterAll(() => gateways.stop());

  it('judges as that second says', async () => {
    const cells = rows().flatMap(([what, shown, outcome, from, offsets]) =>
      offsets.map((offset) => ({ name: `${what}: ${offset} s`, shown, outcome, at: from + offset })),
    );
    expect(cells.length).toBeGreaterThanOrEqual(20);
    const seen: (readonly [string, unknown])[] = [];
    for (const { name, shown, at } of cells) {
      setClock(at);
      seen.push([name, await outcomeOf(shown)]);
    }
    expect(Object.fromEntries(seen)).toEqual(
      Object.fromEntries(cells.map(({ name, outcome }) => [name, outcome])),
    );
  });
});
