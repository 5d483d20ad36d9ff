import { describe, expect, it } from 'vitest';
import type { Driver, DriverName, Outcome, Setback } from '#device/device';
import { withoutSecrets } from '#device/ways/entrance';
import { Ways } from '#device/ways/ways';
import type { SettingValue } from '#events/device-setting';
import { exampleIdentity } from '#events/identity';
import { stepsOf, writeAll, type Change } from './write.js';

const signal = new AbortController().signal;
const { serial, model, firmware, ip } = exampleIdentity;
const dead: Setback = { kind: 'unreachable', reason: 'no answer', host: 'silent' };
const keys = ['svc.telnet', 'svc.ftp', 'snmp.access'];

/** A device that stops to answer by one protocol as soon as a setting is written to it. */
class Fragile {
  readonly settings = new Map<string, SettingValue>([
    ['svc.telnet', true],
    ['svc.ftp', true],
    ['snmp.access', 'v1v2ReadWrite'],
  ]);
  readonly kept: Change[] = [];
  /** What each read asked for. */
  readonly reads: string[][] = [];
  wrote = false;
  /** It takes this one without a word, and leaves it as it is. */
  stuck = '';
  readonly #closed = new Set<DriverName>();

  constructor(
    private readonly closedBy: string,
    private readonly speaks: Partial<Record<DriverName, readonly string[]>>,
    /** What it says where it is asked for several settings, instead of what they are; null: nothing of any of them. */
    private readonly says: ReadonlyMap<string, SettingValue | null> = new Map(),
  ) {}

  ways(): Ways {
    const names = Object.keys(this.speaks) as DriverName[];
    return new Ways({
      serial,
      target: { fingerprint: null, mutual: null },
      known: null,
      subject: { model, firmware, ip, fingerprint: null, entrances: '' },
      entrances: withoutSecrets(Object.fromEntries(names.map((name) => [name, () => this.#driver(name)]))),
    });
  }

  async write(changes: Readonly<Record<string, SettingValue>>) {
    const device = this.ways();
    await device.read(new Set(keys), signal);
    const on = {
      device,
      signal,
      isRight: (_: string, says: SettingValue, wanted: SettingValue) => says === wanted,
      keep: (made: readonly Change[]) => {
        this.kept.push(...made);
        return Promise.resolve(null);
      },
    };
    const said = new Map(this.settings);
    return writeAll(on, stepsOf(new Map(Object.entries(changes)), device), said);
  }

  #driver(name: DriverName): Driver {
    const answer = <T>(value: () => T): Promise<Outcome<T>> =>
      Promise.resolve(this.#closed.has(name) ? dead : { kind: 'answered', value: value() });
    const has = (key: string): boolean => this.speaks[name]?.includes(key) === true;
    return {
      name,
      identify: () => answer(() => ({ identity: exampleIdentity, fingerprint: null })),
      read: (asked) => {
        this.reads.push([...asked]);
        const said = [...asked].flatMap((key): [string, SettingValue | null][] => {
          const value = asked.size > 1 && this.wrote ? this.says.get(key) : undefined;
          const is = this.settings.get(key);
          return is === undefined || !has(key) ? [] : [[key, value === undefined ? is : value]];
        });
        return answer(() => ({
          values: new Map(said.flatMap(([key, value]) => (value === null ? [] : [[key, value]]))),
          failed: new Map(said.flatMap(([key, value]) => (value === null ? [[key, 'too much']] : []))),
        }));
      },
      write: (changes) => {
        this.wrote = true;
        for (const [key, value] of changes) if (key !== this.stuck) this.settings.set(key, value);
        if (changes.has(this.closedBy)) this.#closed.add(name);
        return answer(() => ({ applied: new Set(changes.keys()), refused: new Map() }));
      },
      close: () => undefined,
    };
  }
}

const hardened = { 'svc.telnet': false, 'svc.ftp': false, 'snmp.access': 'v3Only' };

describe('a device that a write cuts off', () => {
  it('is lost where nothing else answers; what was not read again is not said to be as before', async () => {
    const device = new Fragile('snmp.access', { snmp: keys });
    const wrote = await device.write(hardened);
    expect(wrote.lost).toMatchObject({ kind: 'unreachable' });
    expect(wrote.lost?.reason).toContain('since SNMP access was set to "v3Only"');
    expect(Object.fromEntries(wrote.reading.values)).toEqual({ 'svc.telnet': false, 'svc.ftp': false });
    expect(device.kept.map(({ setting }) => setting)).toEqual(keys);
  });

  it('goes on by what is left, and what went by the other way is failed, not missing', async () => {
    const device = new Fragile('snmp.access', { api: ['svc.telnet'], snmp: ['svc.ftp', 'snmp.access'] });
    const { lost, stopped, reading } = await device.write(hardened);
    expect({ lost, stopped }).toEqual({ lost: null, stopped: null });
    expect(Object.fromEntries(reading.values)).toEqual({ 'svc.telnet': false, 'svc.ftp': false });
    expect(reading.failed.get('snmp.access')).toContain('no answer');
  });
});

describe('several values that were written', () => {
  const [telnet, ftp, access] = keys as [string, string, string];
  const both = { [telnet]: false, [ftp]: false };

  it('are read again together, and nothing more where all are as they were wanted', async () => {
    const device = new Fragile('nothing', { api: keys });
    const { reading } = await device.write(both);
    expect(Object.fromEntries(reading.values)).toEqual(both);
    expect(device.reads.slice(1)).toEqual([[telnet, ftp]]);
  });

  it.each([
    ['as before', new Map<string, SettingValue | null>([[ftp, true]]), [ftp]],
    ['nothing of one', new Map<string, SettingValue | null>([[telnet, null]]), [telnet]],
    ['nothing of any', new Map<string, SettingValue | null>(keys.map((key) => [key, null])), [telnet, ftp]],
  ])('are asked one by one where the device says %s when it is asked for all', async (_, says, alone) => {
    const device = new Fragile('nothing', { api: keys }, says);
    const { reading } = await device.write(both);
    expect(Object.fromEntries(reading.values)).toEqual(both);
    expect([...reading.failed]).toEqual([]);
    expect(device.reads.slice(1)).toEqual([[telnet, ftp], ...alone.map((key) => [key])]);
  });

  it('are not right because others are: what the device says alone counts', async () => {
    const device = new Fragile('nothing', { api: keys }, new Map([[ftp, true]]));
    device.stuck = ftp;
    const { reading } = await device.write({ ...both, [access]: 'v3Only' });
    expect(Object.fromEntries(reading.values)).toEqual({ [telnet]: false, [ftp]: true, [access]: 'v3Only' });
  });
});
