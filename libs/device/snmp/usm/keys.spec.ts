// Keys of SNMPv3: the right ones, made where nobody waits for it, and remembered without a password.
import snmp from 'net-snmp';
import { describe, expect, it } from 'vitest';
import { KeyMaker } from './keys.js';
import { Loan } from './loan.js';
import { passwordToKey } from './password-to-key.js';

const password = 'maplesyrup';
const engineId = Buffer.from('000000000000000000000002', 'hex');
const order = { hash: 'sha1', password, engineId, count: 1 };
const engine = (number: number): Buffer => Buffer.from([0x80, 0, 0, 0, 5, number >> 8, number & 0xff]);

describe('a key', () => {
  it.each([
    ['md5', '526f5eed9fcce26f8964c2930787d82b'],
    ['sha1', '6695febc9288e36282235fc7151f128497b38f3f'],
  ])('by %s is that of RFC 3414 A.3', async (hash, key) => {
    const [made] = await new KeyMaker(1).make({ ...order, hash });
    expect(made?.toString('hex')).toBe(key);
  });

  it.each([
    ['sha', 'sha1'],
    ['sha224', 'sha224'],
    ['sha256', 'sha256'],
    ['sha384', 'sha384'],
    ['sha512', 'sha512'],
  ] as const)('by %s is the one that net-snmp would make', async (name, hash) => {
    const [made] = await new KeyMaker(1).make({ ...order, hash });
    const { Authentication: authentication, AuthProtocols: numbers } = snmp;
    expect(made).toEqual(authentication.passwordToKey(numbers[name], password, engineId));
  });

  it('is made of the one before, where one is too short', async () => {
    const [first, second] = await new KeyMaker(1).make({ ...order, count: 2 });
    expect(second).toEqual(passwordToKey('sha1', first ?? Buffer.alloc(0), engineId));
  });
});

describe('who makes keys', () => {
  it('makes each once, and remembers so many, those used last', async () => {
    const maker = new KeyMaker(3);
    const make = (number: number) => maker.make({ ...order, engineId: engine(number) });
    const [first] = await Promise.all([make(1), make(2), make(3)]);
    expect(await make(1)).toBe(first);
    await make(4);
    expect(maker.size).toBe(3);
    expect(await make(1)).toBe(first);
  });

  it('holds nobody up', async () => {
    const engines = Array.from({ length: 200 }, (_, number) => engine(number));
    const maker = new KeyMaker(200);
    await maker.make(order);
    const before = process.threadCpuUsage();
    await Promise.all(engines.map((engineId) => maker.make({ ...order, engineId })));
    const spent = process.threadCpuUsage(before);
    const between = process.threadCpuUsage();
    for (const engineId of engines) passwordToKey(order.hash, Buffer.from(password), engineId);
    const alone = process.threadCpuUsage(between);
    expect(spent.user + spent.system).toBeLessThan((alone.user + alone.system) / 2);
  });
});

it('a loan is taken back whole, and holds no password', async () => {
  const kept = () => Object.keys(snmp.Authentication.authToKeyCache);
  const before = kept();
  const loan = new Loan(snmp.AuthProtocols.sha, engineId);
  const keys = await new KeyMaker(1).make({ ...order, count: 2 });
  const name = loan.lend(keys);
  const lent = snmp.Authentication.passwordToKey(snmp.AuthProtocols.sha, name, engineId);
  expect(lent.equals(keys[0] ?? Buffer.alloc(0))).toBe(true);
  const next = snmp.Authentication.passwordToKey(snmp.AuthProtocols.sha, lent, engineId);
  expect(next.equals(keys[1] ?? Buffer.alloc(0))).toBe(true);
  expect(kept()).toHaveLength(before.length + 2);
  expect(kept().slice(before.length).join()).not.toContain(password);
  loan.takeBack();
  expect(kept()).toEqual(before);
});
