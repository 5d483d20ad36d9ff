// What strangers answer to mDNS and SLP: read, or refused with what is wrong; never thrown over.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer } from './dns.js';
import { candidatesIn } from './mdns.js';
import { readSlp } from './slp-message.js';
import { candidatesOf } from './slp.js';
import { printerAnswer, slpAnswer, slpAttributes } from '../../../test/support/multicast-answers.js';

const longLabel = Buffer.from([63, ...Buffer.alloc(63, 0x61)]);

const runs = Number(process.env['MALFORMED_DATAGRAMS'] ?? 10_000);

describe('an answer by mDNS', () => {
  it('names the addresses of the host of its services, else it comes from there itself', () => {
    const whole = readAnswer(
      printerAnswer(7, { instance: 'Second floor.1', addresses: ['10.0.0.9', 'fd00::9'] }),
    );
    expect(whole).toMatchObject({ kind: 'answer', id: 7 });
    const hint = 'Second floor.1';
    expect(whole.kind === 'answer' && candidatesIn(whole, '10.0.0.8')).toEqual([
      { address: '10.0.0.9', by: 'mdns', hint },
      { address: 'fd00::9', by: 'mdns', hint },
    ]);
    const bare = readAnswer(printerAnswer(7, { instance: 'Bell\u0007 and\u202e whistle', addresses: [] }));
    expect(bare.kind === 'answer' && candidatesIn(bare, '10.0.0.8')).toEqual([
      { address: '10.0.0.8', by: 'mdns', hint: 'Bell  and  whistle' },
    ]);
  });

  it('about anything else names nobody', () => {
    const other = readAnswer(
      printerAnswer(7, { instance: 'A disk', service: '_smb', addresses: ['10.0.0.9'] }),
    );
    expect(other.kind === 'answer' && candidatesIn(other, '10.0.0.8')).toEqual([]);
  });

  const circle = Buffer.from([0, 7, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 12, 0, 1]);
  const ahead = Buffer.from([0, 7, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0x61, 0xc0, 20, 0, 12, 0, 1]);
  // A record of another kind is passed over, and in it are pointers, each to the one before.
  const pointers = Array.from({ length: 40 }, (_, at) => [0xc0, at === 0 ? 12 : 21 + 2 * at]).flat();
  const pieces = Buffer.from([
    ...[0, 7, 0x84, 0, 0, 0, 0, 2, 0, 0, 0, 0],
    ...[0, 0, 99, 0, 1, 0, 0, 0, 0, 0, pointers.length, ...pointers],
    ...[0xc0, 21 + pointers.length, 0, 12, 0, 1, 0, 0, 0, 0, 0, 2, 0xc0, 12],
  ]);
  const long = Buffer.concat([circle.subarray(0, 12), ...Array.from({ length: 9 }, () => longLabel)]);
  it.each([
    ['nothing', Buffer.alloc(0), 'ends within its head'],
    ['a question', Buffer.alloc(12), 'is no answer'],
    [
      'an error',
      Buffer.from([0, 7, 0x84, 3, ...Buffer.alloc(8)]),
      'is an answer of another kind, or an error',
    ],
    ['a million records', Buffer.from([0, 7, 0x84, 0, 0, 0, ...Buffer.alloc(6, 0xff)]), 'has too many parts'],
    ['a name that leads to itself', circle, 'has a name that leads on instead of back'],
    ['a name that leads ahead', ahead, 'has a name that leads on instead of back'],
    ['a name in many pieces', pieces, 'has a name in too many pieces'],
    ['a name without end', long, 'has a name that is too long'],
    ['half of one', printerAnswer(7, { addresses: ['10.0.0.9'] }).subarray(0, -3), 'ends within a record'],
  ])('that is %s is refused', (_, datagram, reason) => {
    expect(readAnswer(datagram)).toEqual({ kind: 'fault', reason });
  });

  it('changed anywhere is read or refused', () => {
    everyChangeOf(printerAnswer(7, { instance: 'A', addresses: ['10.0.0.9', 'fd00::9'] }), (datagram) => {
      const answer = readAnswer(datagram);
      if (answer.kind === 'answer') candidatesIn(answer, '10.0.0.8');
      return answer;
    });
  });
});

describe('an answer by SLP', () => {
  it('names the addresses of its services, else it comes from there itself', () => {
    const urls = [
      'service:printer:lpr://10.0.0.9:515/queue',
      'service:printer:ipp://[fd00::9]/ipp',
      'nonsense',
    ];
    const named = readSlp(slpAnswer(9, urls));
    expect(named).toEqual({ kind: 'answer', xid: 9, urls, attributes: '' });
    const hint = urls[0];
    expect(named.kind === 'answer' && candidatesOf(named, '10.0.0.8')).toEqual([
      { address: '10.0.0.9', by: 'slp', hint },
      { address: 'fd00::9', by: 'slp', hint },
    ]);
    const byName = readSlp(slpAnswer(9, ['service:printer:lpr://printer.example/q']));
    expect(byName.kind === 'answer' && candidatesOf(byName, '10.0.0.8')).toMatchObject([
      { address: '10.0.0.8' },
    ]);
    const attributes = readSlp(slpAttributes(9, '(x-hp-mac=3c5282aa0001),(x-hp-p1=MFG:HP;MDL:LaserJet;)'));
    expect(attributes.kind === 'answer' && candidatesOf(attributes, '10.0.0.8')).toEqual([
      { address: '10.0.0.8', by: 'slp', hint: '(x-hp-mac=3c5282aa0001),(x-hp-p1=MFG:HP;MDL:LaserJet;)' },
    ]);
  });

  const answer = slpAnswer(9, ['service:printer:lpr://10.0.0.9/q']);
  it.each([
    ['of another version', Buffer.from([3, ...answer.subarray(1)]), 'is of version 3'],
    ['a request', Buffer.from([2, 1, ...answer.subarray(2)]), 'is no answer about services'],
    ['longer than it says', Buffer.concat([answer, answer]), 'is not as long as it says'],
    ['an error', slpAnswer(9, [], 3), 'says error 3'],
    [
      'a flood',
      slpAnswer(
        9,
        Array.from({ length: 65 }, () => 'a'),
      ),
      'names too many services',
    ],
    ['nothing', Buffer.alloc(0), 'ends within its head'],
  ])('that is %s is refused', (_, datagram, reason) => {
    expect(readSlp(datagram)).toEqual({ kind: 'fault', reason });
  });

  it.each([
    ['services', answer],
    ['attributes', slpAttributes(9, '(x-hp-mac=3c5282aa0001)')],
  ])('about %s, changed anywhere, is read or refused', (_, whole) => {
    everyChangeOf(whole, (datagram) => {
      const read = readSlp(datagram);
      if (read.kind === 'answer') candidatesOf(read, '10.0.0.8');
      return read;
    });
  });
});

/** Some bytes changed, some taken away or doubled, and any bytes at all. */
function everyChangeOf(whole: Buffer, read: (datagram: Uint8Array) => { readonly kind: string }): void {
  const changed = fc
    .record({
      changes: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
      end: fc.option(fc.nat(whole.length), { nil: undefined }),
      twice: fc.boolean(),
    })
    .map(({ changes, end, twice }) => {
      const bytes = Buffer.from(whole);
      for (const [at, byte] of changes) bytes[at] = byte;
      const cut = bytes.subarray(0, end);
      return twice ? Buffer.concat([cut, bytes]) : cut;
    });
  const any = fc.uint8Array({ maxLength: 200 });
  const kinds = (datagram: Uint8Array): boolean => ['answer', 'fault'].includes(read(datagram).kind);
  fc.assert(fc.property(fc.oneof({ arbitrary: changed, weight: 9 }, any), kinds), { numRuns: runs });
}
