// One policy that changes every secret of a printer and turns off SNMPv1 and v2c, and the printer is managed by the new ones; also
// one that dies of any of these writes, and one that says yes and keeps what it has (R61, R67).
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { AssessmentFinished } from '#events/assessment';
import { exampleIdentity } from '#events/identity';
import type { Credentials } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';
import { freePort } from '../../scripts/free-port.mjs';
import { Assessing } from '../support/assessing.js';
import { networks } from '../support/snmp-peer.js';
import { snmpGetAs, withoutSnmpd, withoutSnmpGet, writeCommunity } from '../support/snmpd.js';
import {
  factoryPassword,
  oids,
  TwoProtocolPrinter,
  user,
  type Kept,
  type Memory,
  type Stays,
} from '../support/two-protocol-printer.js';
import { until } from '../support/until.js';

const secrets = z.object({ authPassword: z.string(), privPassword: z.string() });
const opened = z.object({ password: z.string() });
const community = z.object({ community: z.string() });

const policy = {
  'snmp.access': 'v3Only',
  'credential.admin': 'generated',
  'credential.snmpUser': 'generated',
  'credential.snmpWrite': 'generated',
  'credential.snmpRead': 'generated',
  'svc.telnet': false,
} as const;
/** What cuts off the way in comes when the other one was seen to lead in. */
const inOrder = [
  'svc.telnet',
  'credential.admin',
  'credential.snmpUser',
  'credential.snmpWrite',
  'credential.snmpRead',
  'snmp.access',
] as const;
type Written = (typeof inOrder)[number];
const limitMs = 240_000;

let shown: Credentials;

async function knowing(): Promise<Assessing> {
  const assessing = await Assessing.start(networks);
  await assessing.hold({ kind: 'admin', password: factoryPassword });
  await assessing.hold({
    kind: 'snmpUser',
    user: user.name,
    auth: 'sha256',
    authPassword: user.authPassword,
    priv: 'aes128',
    privPassword: user.privPassword,
  });
  await assessing.hold({ kind: 'snmpWrite', community: writeCommunity, unproved: true });
  await assessing.require(policy);
  return assessing;
}

/** Whether the user's passwords of a printer are these, by the eyes of others. */
const opensUser = (own: z.infer<typeof secrets>, { place }: TwoProtocolPrinter): Promise<boolean> =>
  snmpGetAs({ ...user, ...own }, place, oids.access).then(
    () => true,
    () => false,
  );

/** By the eyes of others: the new secrets open it, the old ones do not. */
async function isOpenedByTheNew(assessing: Assessing, printer: TwoProtocolPrinter): Promise<void> {
  const { deviceId } = printer.known;
  const own = secrets.parse(await assessing.kept('snmpUser', deviceId));
  expect(await snmpGetAs({ ...user, ...own }, printer.place, oids.access)).toBe('3');
  expect(await opensUser(user, printer)).toBe(false);
  const { password } = opened.parse(await assessing.kept('admin', deviceId));
  expect(printer.isOpenedBy(password)).toBe(true);
  const objects = printer.snmpd.values();
  const write = community.parse(await assessing.kept('snmpWrite', deviceId));
  const read = community.parse(await assessing.kept('snmpRead', deviceId));
  expect([objects.get(oids.snmpWrite), objects.get(oids.snmpRead)]).toEqual([
    write.community,
    read.community,
  ]);
  const said = await assessing.said();
  const all = [own.authPassword, own.privPassword, password, write.community, read.community];
  expect(all.filter((secret) => said.includes(secret))).toEqual([]);
  expect(new Set(all).size).toBe(5);
}

describe.skipIf(withoutSnmpd !== null || withoutSnmpGet !== null)('a printer of two protocols', () => {
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    shown = await selfSigned({ commonName: 'printer', serialNumber: exampleIdentity.serial });
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  /** @param stays what it says yes to, and keeps as it is */
  async function assessed(stays?: Stays | 'snmpUser') {
    const { now, kept } = answerToKeys();
    const of = stays === 'snmpUser' ? { goesBack: now } : stays ? { stays } : {};
    const printer = await TwoProtocolPrinter.start({ shown, ...of });
    closing.push(() => printer.stop());
    const assessing = await knowing();
    closing.push(() => assessing.stop());
    assessing.work(printer.ports, (sql, [kind]) => {
      if (sql.includes('into assessment.credential ') && kind === 'snmpUser') kept();
    });
    return { printer, assessing };
  }

  it(
    'gets new secrets, loses SNMPv1 and v2c, and is managed by the new ones',
    async () => {
      const { printer, assessing } = await assessed();
      const result = await assessing.assess(printer.known);
      expect(result.results.map(({ setting, outcome, detail }) => [setting, outcome, detail])).toEqual(
        Object.keys(policy).map((setting) => [setting, 'remediated', null]),
      );
      expect(result.changes.map(({ setting }) => setting)).toEqual(inOrder);
      await isOpenedByTheNew(assessing, printer);
      const again = await assessing.assess(printer.known);
      expect(again).toMatchObject({ outcome: 'compliant', changes: [] });
    },
    limitMs,
  );

  it(
    'that lets Muster in by a community alone keeps communities, and it is said what is missing',
    async () => {
      const printer = await TwoProtocolPrinter.start({ shown });
      closing.push(() => printer.stop());
      const assessing = await Assessing.start(networks);
      closing.push(() => assessing.stop());
      await assessing.hold({ kind: 'admin', password: factoryPassword });
      await assessing.hold({ kind: 'snmpWrite', community: writeCommunity, unproved: true });
      await assessing.require({ 'snmp.access': 'v3Only', 'svc.telnet': false });
      assessing.work(printer.ports);
      for (const outcome of ['remediated', 'compliant']) {
        const { results, detail } = await assessing.assess(printer.known);
        expect(new Map(results.map((result) => [result.setting, result.outcome]))).toEqual(
          new Map([
            ['snmp.access', 'nonCompliant'],
            ['svc.telnet', outcome],
          ]),
        );
        expect(detail).toMatch(/^SNMP access \(.*keep a user of SNMPv3/);
      }
      expect(printer.snmpd.values().get(oids.access)).toBe('1');
    },
    limitMs,
  );

  const yesSayers: readonly { readonly stays: Stays | 'snmpUser'; readonly says: RegExp }[] = [
    { stays: 'admin', says: /lets in by the one before/ },
    { stays: 'snmpUser', says: /lets in by the one before/ },
    { stays: 'snmpWrite', says: /says another/ },
    { stays: 'snmpRead', says: /says another/ },
  ];
  it.each(yesSayers)(
    'that says yes to another $stays and keeps what it has is told as not changed, and managed by that',
    async ({ stays, says }) => {
      const { printer, assessing } = await assessed(stays);
      const key = `credential.${stays}`;
      const first = await assessing.assess(printer.known);
      const outcomes = new Map(first.results.map(({ setting, outcome }) => [setting, outcome]));
      expect([...outcomes].filter(([, outcome]) => outcome !== 'remediated')).toEqual([
        [key, 'nonCompliant'],
      ]);
      expect(first.results.find(({ setting }) => setting === key)?.detail).toMatch(says);
      expect(first.outcome).toBe('nonCompliant');
      // What was kept for it is known not to be its own: of those that Muster has tried, that one was never right.
      const tried = Object.entries(await assessing.tried(printer.known.deviceId));
      expect(tried.filter(([name, isRight]) => name.startsWith(`${stays}/device`) && isRight)).toEqual([]);
      // Whatever it has, it is opened by, and put right.
      await printer.device.write({ 'svc.ftp': true });
      await assessing.require({ ...policy, 'svc.ftp': false });
      const again = await assessing.assess(printer.known);
      // What comes to nothing is told where it is told why, and not as a change. Its keys it forgets once.
      const mended = stays === 'snmpUser';
      expect(again.changes.map(({ setting }) => setting)).toEqual(['svc.ftp', ...(mended ? [key] : [])]);
      expect(again.results.find(({ setting }) => setting === key)).toMatchObject({
        outcome: mended ? 'remediated' : 'nonCompliant',
      });
      expect(printer.device.settings()['svc.ftp']).toBe(false);
    },
    limitMs,
  );
});

interface Death {
  readonly of: Written;
  /** It had kept what it was told, and did not come to say so; or had not. */
  readonly took: boolean;
}

const deaths: readonly Death[] = inOrder.flatMap((of) => [
  { of, took: true },
  { of, took: false },
]);

describe.skipIf(withoutSnmpd !== null || withoutSnmpGet !== null)('a printer that dies of a write', () => {
  interface Dying {
    readonly printer: TwoProtocolPrinter;
    /** Of the task in which it died, and is back since. */
    readonly end: Promise<AssessmentFinished>;
  }
  const dying = new Map<Death, Dying>();
  const printers: TwoProtocolPrinter[] = [];
  let assessing: Assessing;
  beforeAll(async () => {
    shown = await selfSigned({ commonName: 'printer', serialNumber: exampleIdentity.serial });
    assessing = await knowing();
    const ports = { device: await freePort(), snmp: await freePort() };
    const keeping = new Map<string, () => void>();
    assessing.work(ports, (sql, [kind, , id]) => {
      if (sql.includes('into assessment.credential ')) keeping.get(`${String(kind)} ${String(id)}`)?.();
    });
    // All at once: silence takes its time.
    for (const [at, death] of deaths.entries()) {
      const place = { address: `127.8.77.${at + 1}`, port: ports.snmp };
      let diesOf: (kept: Kept) => boolean = () => false;
      const printer = await TwoProtocolPrinter.start({
        ...{ shown, place, apiPort: ports.device, serial: `DYING${at + 1}` },
        diesOf: (kept) => diesOf(kept),
      });
      printers.push(printer);
      const { memory } = printer;
      let before = memory;
      const moment = diesWhen(death.of, memory, (kind, told) =>
        keeping.set(`${kind} ${printer.known.deviceId}`, told),
      );
      diesOf = (kept) => {
        if (moment(kept)) return true;
        before = printer.memory;
        return false;
      };
      const ends = assessing.assess(printer.known);
      const back = backAgain(death, printer, () => before);
      dying.set(death, { printer, end: back.then(() => ends) });
    }
  }, limitMs);
  afterAll(async () => {
    await assessing.stop();
    for (const printer of printers) await printer.stop();
  });

  it.each(deaths)(
    '$of, which it had kept: $took, is managed by what it has when it is back, and put right',
    async (death) => {
      const found = dying.get(death);
      if (!found) throw new Error('it is not there');
      const { printer, end } = found;
      const first = await end;
      const again = await assessing.assess(printer.known);
      expect([first.outcome, first.detail, again.outcome, again.detail]).toEqual([
        ...['compliant', null],
        ...['compliant', null],
      ]);
      expect(again.changes).toEqual([]);
      await isOpenedByTheNew(assessing, printer);
    },
    limitMs,
  );

  /** Once the task has lost it. */
  async function backAgain(death: Death, printer: TwoProtocolPrinter, before: () => Memory): Promise<void> {
    const { deviceId } = printer.known;
    const isLost = async (): Promise<boolean> => {
      const running = `select from assessment.task where key = $1 and state = 'running'`;
      return printer.died && (await assessing.store.query(running, [deviceId])).length === 0;
    };
    await until('it has died, and the task has lost it', isLost, limitMs);
    await printer.comeBack(death.took ? null : before());
    await isAsItDied(death, printer);
  }

  /** What was written is there, or is not: by the eyes of others. */
  async function isAsItDied({ of, took }: Death, printer: TwoProtocolPrinter): Promise<void> {
    const { deviceId } = printer.known;
    const objects = printer.snmpd.values();
    const kept = async (kind: 'admin' | 'snmpUser' | 'snmpWrite' | 'snmpRead') =>
      assessing.kept(kind, deviceId);
    switch (of) {
      case 'svc.telnet':
        return expect(objects.get(oids.telnet)).toBe(took ? '0' : '1');
      case 'snmp.access':
        return expect(objects.get(oids.access)).toBe(took ? '3' : '1');
      case 'credential.admin': {
        const { password } = opened.parse(await kept('admin'));
        return expect(printer.isOpenedBy(took ? password : factoryPassword)).toBe(true);
      }
      case 'credential.snmpUser': {
        const own = secrets.parse(await kept('snmpUser'));
        return expect(await opensUser(took ? own : user, printer)).toBe(true);
      }
      case 'credential.snmpWrite':
      case 'credential.snmpRead': {
        const kind = of === 'credential.snmpRead' ? 'snmpRead' : 'snmpWrite';
        const is = objects.get(oids[kind]) === community.parse(await kept(kind)).community;
        return expect(is).toBe(took);
      }
    }
  }
});

/** @param keeping tells when what is to be written is kept, of a secret that cannot be seen in the printer */
function diesWhen(
  of: Written,
  memory: Memory,
  keeping: (kind: string, told: () => void) => void,
): (kept: Kept) => boolean {
  const { objects, configuration } = memory;
  const differs = (oid: string) => (kept: Kept) => kept.objects.get(oid) !== objects.get(oid);
  switch (of) {
    case 'svc.telnet':
      return differs(oids.telnet);
    case 'snmp.access':
      return differs(oids.access);
    case 'credential.snmpWrite':
      return differs(oids.snmpWrite);
    case 'credential.snmpRead':
      return differs(oids.snmpRead);
    case 'credential.admin':
      return ({ passwordHash }) => passwordHash !== configuration.passwordHash;
    case 'credential.snmpUser': {
      const { now, kept } = answerToKeys();
      keeping('snmpUser', kept);
      return now;
    }
  }
}

/** When a printer is about to answer that it has taken new keys, which nobody sees from outside. */
function answerToKeys() {
  // It says who it is once more before that.
  let left = Infinity;
  return {
    /** They are kept, and will be sent. */
    kept: (): void => {
      left = 2;
    },
    /** Asked at each answer: whether it is that one. */
    now: (): boolean => {
      left -= 1;
      return left === 0;
    },
  };
}
