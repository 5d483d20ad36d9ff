// Several protocols of one device, each spoken by a driver of this test: what is under test is who is asked for what, when
// a secret may go out, and what is remembered.
import { describe, expect, it } from 'vitest';
import type { Catalogue } from '#device/catalogue';
import { category, onOff } from '#device/catalogue/setting';
import {
  driverNames,
  type Driver,
  type DriverName,
  type Outcome,
  type Reading,
  type Setback,
  type Written,
} from '#device/device';
import type { Entrance, Entrances } from '#device/ways/entrance';
import { known, type Known } from '#device/ways/known';
import { Ways } from '#device/ways/ways';
import type { SettingValue } from '#events/device-setting';
import { exampleIdentity } from '#events/identity';

const signal = new AbortController().signal;
const { serial, model, firmware, ip } = exampleIdentity;
const pin = 'a'.repeat(64);
const subject = { model, firmware, ip, fingerprint: pin, entrances: '' };
const object = (writable: boolean) => ({ oid: '1.3.6.1.1.0', syntax: { type: 'number' }, writable }) as const;
const row = { type: onOff, severity: 'low', recommended: true, why: '' } as const;
const catalogue: Catalogue = new Map(
  category('Settings', [
    { ...row, key: 'svc.telnet', title: 'by the API alone' },
    { ...row, key: 'a.both', title: 'and by SNMP', by: { snmp: object(true) } },
    { ...row, key: 'a.set', title: 'and by SNMP', by: { snmp: object(true) } },
    { ...row, key: 'a.read', title: 'and by SNMP, to be read', by: { snmp: object(false) } },
    { ...row, key: 'a.fact', title: 'and by IPP', by: { ipp: { fact: 'transport', sets: ['ippsOnly'] } } },
  ]).map((setting) => [setting.key, setting]),
);
const keys = new Set(catalogue.keys());
const closed: Setback = { kind: 'unreachable', reason: 'refused', host: 'alive' };
const silent: Setback = { kind: 'unreachable', reason: 'silent', host: 'silent' };
const mute: Setback = { kind: 'unreachable', reason: 'no answer', host: 'unknown' };

/** One protocol of the device. */
interface Spoken {
  readonly values?: Readonly<Record<string, SettingValue>>;
  readonly failed?: readonly string[];
  readonly setback?: Setback;
  /** What it says it is; null: it cannot say. */
  readonly serial?: string | null;
  readonly fingerprint?: string | null;
  /** The credential that it lets in; undefined: anybody. */
  readonly secret?: string;
  /** The one to which nothing is said. */
  readonly silentTo?: string;
  readonly unspoken?: true;
  readonly fixed?: Readonly<Record<string, string>>;
}

interface Key extends Pick<Entrance, 'id' | 'needs' | 'inClear' | 'ifSilent'> {
  readonly by: DriverName;
}

/** A device that can change while it is spoken with, and all that was said to it. */
class Talk {
  readonly said: string[] = [];
  readonly judged: string[] = [];
  readonly keptBack: string[] = [];
  constructor(
    readonly speaks: Partial<Record<DriverName, Spoken>>,
    private readonly keys: readonly Key[] = [],
  ) {}

  ways(of: { known?: Known | null; now?: Date; pinned?: string | null; firmware?: string } = {}): Ways {
    const { pinned = pin, now = new Date() } = of;
    return new Ways({
      serial,
      target: { fingerprint: pinned, mutual: null },
      known: of.known ?? null,
      subject: { ...subject, firmware: of.firmware ?? firmware },
      entrances: this.#entrances(),
      now: () => now,
      catalogue,
    });
  }

  #entrances(): Entrances {
    const open = driverNames.filter(
      (by) => this.speaks[by] !== undefined && !this.keys.some((key) => key.by === by),
    );
    const left: Key[] = [
      ...open.map((by) => ({ by, id: `${by}`, needs: 'nothing' as const, inClear: false })),
      ...this.keys,
    ];
    return {
      next: (name) => {
        const at = left.findIndex(({ by }) => by === name);
        const [key] = at < 0 ? [] : left.splice(at, 1);
        return Promise.resolve(key ? { ...key, open: () => this.#driver(name, key.id) } : null);
      },
      keptBack: ({ id }) => void this.keptBack.push(id),
      judged: ({ id }, right) => {
        this.judged.push(`${id} ${right ? 'right' : 'wrong'}`);
        return Promise.resolve();
      },
    };
  }

  #driver(name: DriverName, id: string): Driver {
    const answer = <T>(call: string, value: (spoken: Spoken) => Outcome<T>): Promise<Outcome<T>> => {
      this.said.push(`${id} ${call}`);
      const spoken = this.speaks[name];
      if (!spoken || spoken.setback) return Promise.resolve(spoken?.setback ?? closed);
      const denied = { kind: 'denied', reason: 'a password' } as const;
      if (spoken.silentTo === id) return Promise.resolve(mute);
      if (spoken.secret !== undefined && spoken.secret !== id) return Promise.resolve(denied);
      return Promise.resolve(value(spoken));
    };
    return {
      name,
      identify: () =>
        answer('identify', ({ serial: says = serial, fingerprint = null }) =>
          says === null
            ? { kind: 'unsupported', reason: 'it does not say who it is' }
            : { kind: 'answered', value: { identity: { ...exampleIdentity, serial: says }, fingerprint } },
        ),
      read: (asked) =>
        answer<Reading>('read', ({ values = {}, failed = [], unspoken, fixed }) => ({
          kind: 'answered',
          value: {
            ...(unspoken && { unspoken }),
            ...(fixed && { fixed: new Map(Object.entries(fixed)) }),
            values: new Map(Object.entries(values).filter(([key]) => asked.has(key))),
            failed: new Map(failed.filter((key) => asked.has(key)).map((key) => [key, 'garbled'])),
          },
        })),
      write: (changes) =>
        answer<Written>(`write ${[...changes.keys()].join()}`, () => ({
          kind: 'answered',
          value: { applied: new Set(changes.keys()), refused: new Map() },
        })),
      ...(name === 'api' && { ipsec: () => answer('ipsec', () => ({ kind: 'answered', value: [] })) }),
      close: () => undefined,
    };
  }
}

const api: Spoken = { fingerprint: pin, values: { 'svc.telnet': true } };
const valuesOf = (read: Outcome<Reading>) =>
  read.kind === 'answered' ? Object.fromEntries(read.value.values) : read;

describe('who is asked', () => {
  it('is the first that proves who the device is, and no other', async () => {
    const talk = new Talk({ api, snmp: {} });
    expect(await talk.ways().identify(signal)).toMatchObject({ kind: 'answered' });
    expect(talk.said).toEqual(['api identify']);
  });

  it('is the next where one does not answer; what fails says more than what is silent', async () => {
    const talk = new Talk({ api: { setback: closed }, snmp: {} });
    expect(await talk.ways().identify(signal)).toMatchObject({ kind: 'answered' });
    const failed: Setback = { kind: 'failed', reason: 'nonsense', mayPass: true };
    const none = new Talk({ api: { setback: closed }, snmp: { setback: failed }, ipp: { setback: mute } });
    expect(await none.ways().identify(signal)).toEqual(failed);
  });

  it('is nobody after another device has answered', async () => {
    const talk = new Talk({ api: { serial: 'OTHER' }, snmp: {} });
    expect(await talk.ways().identify(signal)).toMatchObject({ kind: 'failed', other: true });
    expect(talk.said).toEqual(['api identify']);
    const pinned: Setback = { kind: 'failed', reason: 'another certificate', mayPass: false, other: true };
    const impostor = new Talk({ api: { setback: pinned }, snmp: {} });
    expect(await impostor.ways().identify(signal)).toEqual(pinned);
    expect(impostor.said).toEqual(['api identify']);
  });

  it('is for each setting the first that has it, and who reads it writes it', async () => {
    const talk = new Talk({
      api: { ...api, values: { 'svc.telnet': true, 'a.both': 1 } },
      snmp: { values: { 'a.both': 2, 'a.set': 2 }, failed: ['a.read'] },
      ipp: { values: { 'a.read': 3, 'a.fact': 3 } },
    });
    const ways = talk.ways();
    expect(await ways.read(keys, signal)).toEqual({
      kind: 'answered',
      value: {
        values: new Map<string, SettingValue>([
          ['svc.telnet', true],
          ['a.both', 1],
          ['a.set', 2],
          ['a.fact', 3],
        ]),
        failed: new Map([['a.read', 'garbled']]),
      },
    });
    expect([...keys].map((key) => ways.by(key))).toEqual(['api', 'api', 'snmp', 'snmp', 'ipp']);
    expect([...keys].filter((key) => ways.whyNotSet(key, 'off') === null)).toEqual([
      'svc.telnet',
      'a.both',
      'a.set',
    ]);
    expect(ways.whyNotSet('a.fact', 'ippsOnly')).toBe(null);
    talk.said.splice(0);
    const written = await ways.write(new Map([...keys].map((key) => [key, 0])), signal);
    expect(talk.said).toEqual(['api write svc.telnet,a.both', 'snmp write a.set,a.read', 'ipp write a.fact']);
    expect(written).toMatchObject({ kind: 'answered', value: { applied: keys } });
  });

  it('lets nothing be set that it says it would not let be set', async () => {
    const fixed = { 'a.fact': 'it lets nothing be set' };
    const ipp = { values: { 'a.fact': 'both', 'a.both': 1 }, fixed };
    const ways = new Talk({ api, ipp }).ways();
    await ways.read(keys, signal);
    expect(ways.whyNotSet('a.fact', 'ippsOnly')).toBe('it lets nothing be set');
  });

  it('is the API alone for rules of IPsec: who says by another who he is, and never spoke the API, has none', async () => {
    const noApi = { kind: 'unsupported', reason: 'it speaks no protocol that knows of rules of IPsec' };
    const asked = async (speaks: Partial<Record<DriverName, Spoken>>, before: Known | null = null) => {
      const ways = new Talk(speaks).ways({ known: before });
      await ways.identify(signal);
      await ways.read(new Set(), signal);
      return ways.ipsec(signal);
    };
    const refusing: Setback = { kind: 'unreachable', reason: 'refused', host: 'alive', refused: true };
    const shut = { setback: refusing };
    for (const other of ['snmp', 'ipp'] as const)
      expect(await asked({ api: shut, [other]: {} })).toEqual(noApi);
    const remembered = (name: DriverName): Known => ({ of: subject, serves: { 'a.both': name }, absent: {} });
    expect(await asked({ api: shut, snmp: {} }, remembered('snmp'))).toEqual(noApi);
    // Whose API is down may have some, and of one that says nothing at all nobody knows.
    expect(await asked({ api: shut, snmp: {} }, remembered('api'))).toEqual(refusing);
    expect(await asked({ api: shut, snmp: shut }, remembered('snmp'))).toEqual(refusing);
    const falls = new Talk({ api, snmp: {} });
    const ways = falls.ways();
    await ways.identify(signal);
    falls.speaks.api = shut;
    expect(await ways.ipsec(signal)).toEqual(refusing);
  });

  it('is what served a setting, once it was read', async () => {
    const talk = new Talk({ api, snmp: { values: { 'a.set': 2 } } });
    const ways = talk.ways();
    await ways.read(keys, signal);
    talk.said.splice(0);
    await ways.read(new Set(['a.set']), signal);
    expect(talk.said).toEqual(['snmp read']);
  });
});

describe('a protocol of another', () => {
  const other: Setback = { kind: 'failed', reason: 'another certificate', mayPass: false, other: true };

  it('than the API, which shows another certificate there, is left alone, and nothing else', async () => {
    const talk = new Talk({ api, snmp: { values: { 'a.set': 2 } }, ipp: { setback: other } });
    const ways = talk.ways();
    expect(await ways.identify(signal)).toMatchObject({ kind: 'answered' });
    expect(await ways.read(keys, signal)).toEqual({
      kind: 'answered',
      value: {
        values: new Map<string, SettingValue>([
          ['svc.telnet', true],
          ['a.set', 2],
        ]),
        failed: new Map([['a.fact', 'ipp: another certificate']]),
      },
    });
    expect(ways.leftAlone).toBe('ipp: another certificate');
  });

  it('says less than that the device is not there', async () => {
    const booting = new Talk({ api: { setback: closed }, ipp: { setback: other } });
    expect(await booting.ways().identify(signal)).toEqual(closed);
    const unpinned = new Talk({ api, ipp: { setback: other } });
    expect(unpinned.ways().leftAlone).toBeNull();
  });
});

describe('what is seen from outside', () => {
  const seen: Spoken = { values: { 'a.fact': 'off' }, unspoken: true, serial: null };

  it('counts of a device that has spoken', async () => {
    const talk = new Talk({ api, ipp: seen });
    expect(valuesOf(await talk.ways().read(keys, signal))).toEqual({ 'svc.telnet': true, 'a.fact': 'off' });
  });

  it('is nothing of one that has not', async () => {
    const talk = new Talk({ api: { setback: closed }, snmp: { setback: mute }, ipp: seen });
    expect(await talk.ways().read(keys, signal)).toEqual(closed);
  });

  it('counts where one that has none of the settings says that the device is there', async () => {
    const talk = new Talk({ api: { setback: closed }, snmp: {}, ipp: seen });
    expect(valuesOf(await talk.ways().read(new Set(['a.fact']), signal))).toEqual({ 'a.fact': 'off' });
    expect(talk.said).toEqual(['api read', 'ipp read', 'snmp identify']);
    const denied: Setback = { kind: 'denied', reason: 'a password' };
    const locked = new Talk({ api: { setback: denied }, snmp: {}, ipp: seen });
    expect(await locked.ways().read(new Set(['a.fact']), signal)).toEqual(denied);
  });
});

describe('what is remembered', () => {
  const now = new Date('2026-11-21T08:00:00.000Z');
  const later = (ms: number): Date => new Date(now.getTime() + ms);
  const hourMs = 3_600_000;
  const after = async (talk: Talk, of: Parameters<Talk['ways']>[0] = {}): Promise<Known> => {
    const ways = talk.ways({ now, ...of });
    await ways.identify(signal);
    await ways.read(keys, signal);
    return known.parse(JSON.parse(JSON.stringify(ways.known())));
  };
  const asks = async (talk: Talk, of: Parameters<Talk['ways']>[0]): Promise<boolean> => {
    talk.said.splice(0);
    await after(talk, of);
    return talk.said.some((said) => said.startsWith('api'));
  };

  it('a protocol that it says it has not is not asked for a week, unless the device is another by then', async () => {
    const talk = new Talk({ api: { setback: { kind: 'unsupported', reason: '404' } }, snmp: {} });
    const first = await after(talk);
    expect(first.absent.api).toMatchObject({ times: 3 });
    expect(await asks(talk, { known: first, now: later(6 * 24 * hourMs) })).toBe(false);
    expect(await asks(talk, { known: first, now: later(8 * 24 * hourMs) })).toBe(true);
    expect(await asks(talk, { known: first, firmware: 'newer' })).toBe(true);
  });

  it.each([mute, closed])(
    'one that was once $reason may have been booting: asked after an hour, then after a week',
    async (setback) => {
      const talk = new Talk({ api: { setback }, snmp: {} });
      const first = await after(talk);
      expect(await asks(talk, { known: first, now: later(hourMs / 2) })).toBe(false);
      expect(await asks(talk, { known: first, now: later(2 * hourMs) })).toBe(true);
      const second = await after(talk, { known: first, now: later(2 * hourMs) });
      expect(await asks(talk, { known: second, now: later(9 * hourMs) })).toBe(false);
    },
  );

  it('that nobody listens is not remembered, as it is said at once', async () => {
    const talk = new Talk({ api: { setback: { ...closed, refused: true } }, snmp: {} });
    expect((await after(talk)).absent).toEqual({});
  });

  it('those remembered as absent are asked when nobody else answers, unless the whole host is silent', async () => {
    const first = await after(new Talk({ api: { setback: closed }, snmp: {} }));
    const changed = new Talk({ api, snmp: { setback: closed } });
    expect(await changed.ways({ known: first, now }).identify(signal)).toMatchObject({ kind: 'answered' });
    const gone = new Talk({ api, snmp: { setback: silent } });
    expect(await gone.ways({ known: first, now }).identify(signal)).toEqual(silent);
    expect(gone.said).toEqual(['snmp identify']);
  });

  it('a setting is failed, not unsupported, while what served it does not answer', async () => {
    const ipp = { values: { 'a.fact': 3 } };
    const first = await after(new Talk({ api, ipp }));
    expect(first.serves).toEqual({ 'svc.telnet': 'api', 'a.fact': 'ipp' });
    const ways = new Talk({ api: { setback: mute }, ipp }).ways({ known: first, now });
    expect(await ways.read(keys, signal)).toEqual({
      kind: 'answered',
      value: { values: new Map([['a.fact', 3]]), failed: new Map([['svc.telnet', 'api: no answer']]) },
    });
    expect(ways.known()).toMatchObject({ serves: first.serves, absent: { api: { times: 1 } } });
    const none = new Talk({ api: { setback: mute }, ipp: { setback: mute } }).ways({ known: first, now });
    expect(await none.read(keys, signal)).toEqual(mute);
  });

  it('what is told of one that is down is said by what it is known to speak, and whether the host is there by who sees that', async () => {
    const first = await after(new Talk({ snmp: { values: { 'a.both': 1 } } }));
    expect(first.serves).toEqual({ 'a.both': 'snmp' });
    const down = { api: { setback: { ...closed, refused: true } }, snmp: { setback: mute } } as const;
    const told = { ...mute, host: 'alive' };
    expect(await new Talk(down).ways({ known: first, now }).identify(signal)).toEqual(told);
    expect(await new Talk(down).ways({ known: first, now }).read(keys, signal)).toEqual(told);
    // Of one that was never spoken with, the first says it.
    expect(await new Talk(down).ways({ now }).identify(signal)).toMatchObject({ reason: closed.reason });
  });

  it('a protocol that served settings is gone once it was silent three times, an hour apart', async () => {
    const ipp = { values: { 'a.fact': 3 } };
    const closing = new Talk({ api: { setback: closed }, ipp });
    let latest = await after(new Talk({ api, ipp }));
    for (const [minutes, times] of [
      [0, 1],
      [30, 1],
      [61, 2],
      [122, 3],
    ] as const) {
      expect(latest.serves).toMatchObject({ 'svc.telnet': 'api' });
      latest = await after(closing, { known: latest, now: later(minutes * 60_000) });
      expect(latest.absent.api?.times).toBe(times);
    }
    expect(latest.serves).toEqual({ 'a.fact': 'ipp' });
    const ways = closing.ways({ known: latest, now: later(3 * hourMs) });
    expect(await ways.read(keys, signal)).toEqual({
      kind: 'answered',
      value: { values: new Map([['a.fact', 3]]), failed: new Map() },
    });
    const again = await after(new Talk({ api, ipp }), { known: latest, now: later(8 * 24 * hourMs) });
    expect(again).toMatchObject({ serves: { 'svc.telnet': 'api' }, absent: {} });
  });
});

describe('a secret', () => {
  const password: Key = { by: 'api', id: 'password', needs: 'proved', inClear: false };
  const open = (by: DriverName): Key => ({ by, id: by, needs: 'nothing', inClear: false });
  const locked = { ...api, secret: 'password' };

  it('goes to the device that its certificate has proved, and what it says is reported', async () => {
    const talk = new Talk({ api: locked }, [open('api'), password]);
    expect(valuesOf(await talk.ways().read(keys, signal))).toEqual({ 'svc.telnet': true });
    expect(talk.said).toEqual(['api read', 'password read']);
    expect(talk.judged).toEqual(['api wrong', 'password right']);
  });

  it.each<[string, string | null, Partial<Record<DriverName, Spoken>>]>([
    ['no certificate is pinned', null, { api: locked }],
    ['it only says so by SNMP', null, { api: locked, snmp: {} }],
    ['another protocol shows another certificate', pin, { snmp: { secret: 'community', fingerprint: 'b' } }],
  ])('goes to nobody where %s', async (_, pinned, speaks) => {
    const community: Key = { by: 'snmp', id: 'community', needs: 'proved', inClear: true };
    const entrances = [open('api'), password, ...(speaks.snmp?.secret ? [open('snmp'), community] : [])];
    const talk = new Talk(speaks, entrances);
    const ways = talk.ways({ pinned });
    await ways.identify(signal);
    const read = await ways.read(keys, signal);
    expect(talk.said.filter((said) => /^(?:password|community)/.test(said))).toEqual([]);
    expect(talk.keptBack).toEqual([speaks.snmp?.secret ? 'community' : 'password']);
    if (!speaks.snmp)
      expect(read).toMatchObject({
        kind: 'denied',
        reason: expect.stringContaining('not proved') as unknown,
      });
  });

  it('is proved by another protocol where its own does not say who it is', async () => {
    const user: Key = { by: 'snmp', id: 'user', needs: 'proved', inClear: false };
    const talk = new Talk({ snmp: { secret: 'user' }, ipp: { fingerprint: pin } }, [user]);
    expect(await talk.ways().identify(signal)).toMatchObject({ kind: 'answered' });
    expect(talk.said).toEqual(['ipp identify', 'user identify']);
  });

  it('is not wrong as the next one is, where a moment of silence hid that it was right', async () => {
    const user: Key = { by: 'snmp', id: 'user', needs: 'nothing', inClear: false, ifSilent: 'unknown' };
    const next: Key = { by: 'snmp', id: 'next', needs: 'nothing', inClear: false };
    const talk = new Talk({ snmp: { secret: 'user', silentTo: 'user' } }, [user, next]);
    expect(await talk.ways().identify(signal)).toMatchObject({ kind: 'unreachable' });
    expect(talk.judged).toEqual(['next wrong']);
  });

  it('is wrong when it is refused, whoever met silence before it let in', async () => {
    const user: Key = { by: 'snmp', id: 'user', needs: 'nothing', inClear: false, ifSilent: 'unknown' };
    const next: Key = { by: 'snmp', id: 'next', needs: 'nothing', inClear: false };
    const speaks: Partial<Record<DriverName, Spoken>> = {
      snmp: { secret: 'next', silentTo: 'user', values: { 'a.set': 1 } },
    };
    const ways = new Talk(speaks, [user, next]).ways();
    expect(await ways.read(keys, signal)).toMatchObject({ kind: 'answered' });
    speaks.snmp = { secret: 'another', values: { 'a.set': 1 } };
    expect(await ways.write(new Map([['a.set', 0]]), signal)).toMatchObject({ kind: 'denied' });
  });

  it('is never sent in clear after one that was not', async () => {
    const user: Key = { by: 'snmp', id: 'user', needs: 'named', inClear: false };
    const community: Key = { by: 'snmp', id: 'community', needs: 'named', inClear: true };
    const talk = new Talk({ api, snmp: { secret: 'community' } }, [open('api'), user, community]);
    const ways = talk.ways();
    await ways.identify(signal);
    await ways.read(keys, signal);
    await ways.reach(new Set(), signal);
    expect(talk.said.filter((said) => said.startsWith('community'))).toEqual([]);
    expect(talk.judged).toContain('user wrong');
  });
});

describe('a device that a write may have cut off', () => {
  it('is there by the next credential, or by another protocol', async () => {
    const next: Key = { by: 'snmp', id: 'next', needs: 'nothing', inClear: false };
    const first: Key = { ...next, id: 'first' };
    const speaks: Partial<Record<DriverName, Spoken>> = { snmp: { secret: 'first' } };
    const talk = new Talk(speaks, [first, next]);
    const ways = talk.ways();
    expect(await ways.identify(signal)).toMatchObject({ kind: 'answered' });
    speaks.snmp = { secret: 'next' };
    expect(await ways.reach(new Set(['snmp.access']), signal)).toBeNull();
    speaks.snmp = { setback: closed };
    expect(await ways.reach(new Set(['snmp.access']), signal)).toEqual(closed);
  });

  it('serves by what is left what it can; the rest is failed', async () => {
    const snmp = { values: { 'a.both': 1, 'a.set': 1, 'a.read': 1 } };
    const talk = new Talk({ snmp, ipp: { values: { 'a.fact': 3 } } });
    const ways = talk.ways();
    await ways.read(keys, signal);
    talk.speaks.snmp = { setback: closed };
    expect(await ways.reach(new Set(['a.set']), signal)).toBeNull();
    expect([...keys].map((key) => ways.by(key))).toEqual([null, null, null, null, 'ipp']);
    const read = await ways.read(keys, signal);
    expect(valuesOf(read)).toEqual({ 'a.fact': 3 });
    const failed = read.kind === 'answered' ? [...read.value.failed] : [];
    expect(failed).toEqual(['a.both', 'a.set', 'a.read'].map((key) => [key, 'snmp: refused']));
  });
});
