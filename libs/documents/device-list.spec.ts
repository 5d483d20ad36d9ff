// What a list of devices is told (R35): text, CSV and XML, every bad line named with what is wrong.
import { describe, expect, it } from 'vitest';
import {
  listLinesMax,
  readDeviceCells,
  readDeviceList,
  type DeviceList,
  type ListFormat,
} from './device-list.js';
import { addressAt } from '#addresses/span';
import { groundOf } from './device-list/where.js';
import { faultyLines } from './serial-line.js';
import { mayConnect } from '../device/address.js';
import { costOf } from '../../test/support/cost.js';

const reach = { networks: ['10.0.0.0/8', 'fd00::/8'], own: ['10.0.0.5'] };

function whole(steps: Generator<void, DeviceList>): DeviceList {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
const read = (text: string, format: ListFormat = 'text'): DeviceList =>
  whole(readDeviceList(text, format, reach));

describe('a line of text', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3', 1],
    ['  10.1.2.3 # the one in the lobby', '10.1.2.3', 1],
    ['::ffff:10.1.2.3', '10.1.2.3', 1],
    ['FD00:0:0::3', 'fd00::3', 1],
    ['10.1.2.3-10.1.2.5', '10.1.2.3-10.1.2.5', 3],
    ['10.1.2.250 - 10.1.3.5', '10.1.2.250-10.1.3.5', 12],
    ['10.1.2.0/24', '10.1.2.1-10.1.2.254', 254],
    ['10.1.2.77/24', '10.1.2.1-10.1.2.254', 254],
    ['10.1.2.4/31', '10.1.2.4-10.1.2.5', 2],
    ['10.1.2.4/32', '10.1.2.4', 1],
    ['fd00::/126', 'fd00::1-fd00::3', 3],
    ['10.1.0.0/16', '10.1.0.1-10.1.255.254', 65_534],
    ['Printer-7.Example.ORG.', 'printer-7.example.org', 1],
    ['npi3c5282aa0001', 'npi3c5282aa0001', 1],
    ['multicast', 'multicast:4', 0],
    ['Multicast:32 # all', 'multicast:32', 0],
    ['multicast.example.org', 'multicast.example.org', 1],
    ['xn--drucker-9ya.example', 'xn--drucker-9ya.example', 1],
  ])('%j is taken', (line, at, count) => {
    expect(read(line)).toMatchObject({ entries: [{ line: 1, at, count, serial: null }], faults: [] });
  });

  it.each(['', '   ', '# nothing', '   # nothing'])('%j is nothing', (line) => {
    expect(read(`${line}\n10.1.2.3`)).toMatchObject({ entries: [{ line: 2 }], faults: [] });
  });

  it.each([
    ['10.1.2.300', 'badAddress'],
    ['10.1.2', 'badAddress'],
    ['10.1.2.3:9100', 'badAddress'],
    ['fe80::1%eth0', 'badAddress'],
    ['printer.7', 'badAddress'],
    ['-printer', 'badHost'],
    ['a..b', 'badHost'],
    ['drücker', 'badHost'],
    ['a'.repeat(64), 'badHost'],
    ["'; drop table", 'tooManyColumns'],
    ['<img>', 'badHost'],
    ['10.1.2.9-10.1.2.3', 'badRange'],
    ['10.1.2.3-10.1.2.300', 'badRange'],
    ['10.1.2.3-fd00::1', 'badRange'],
    ['10.1.2.0/33', 'badRange'],
    ['multicast:0', 'badHops'],
    ['multicast:33', 'badHops'],
    ['multicast:', 'badHops'],
    ['multicast:four', 'badHops'],
    ['10.1.2.0/x', 'badRange'],
    ['printer/24', 'badRange'],
    ['10.1.2.3-10.1.2.9/24', 'badRange'],
    ['10.1.2.3-10.1.2.5-10.1.2.9', 'badAddress'],
    ['10.0.0.0/8', 'rangeTooLarge'],
    ['fd00::/64', 'rangeTooLarge'],
    ['3c:52:82:aa:00:01', 'macAddress'],
    ['3C-52-82-AA-00-01', 'macAddress'],
    ['3c52.82aa.0001', 'macAddress'],
    ['3c5282aa0001', 'macAddress'],
    ['10.0.0.5', 'ownAddress'],
    ['127.0.0.1', 'specialAddress'],
    ['::1', 'specialAddress'],
    ['localhost', 'specialAddress'],
    ['169.254.1.1', 'specialAddress'],
    ['fe80::1', 'specialAddress'],
    ['224.0.0.251', 'specialAddress'],
    ['255.255.255.255', 'specialAddress'],
    ['0.0.0.0', 'specialAddress'],
    ['192.168.1.1', 'outsideNetworks'],
    ['11.0.0.1-11.0.0.9', 'outsideNetworks'],
    ['10.255.255.250-11.0.0.9', 'outsideNetworks'],
    ['10.1.2.3 10.1.2.4', 'tooManyColumns'],
    ['10.1.2.3;VNB3K12345', 'tooManyColumns'],
    ['10.1.\uFFFD.3', 'badEncoding'],
    ['1\u00000\u0000', 'badEncoding'],
    ['10.1.2.3\u0007', 'badText'],
    [`10.1.2.3${' '.repeat(1_000)}#`, 'lineTooLong'],
  ])('%j is told %s', (line, code) => {
    const { entries, faults } = read(`10.9.9.9\n${line}\n10.9.9.8`);
    expect(faults).toMatchObject([{ line: 2, to: 2, code }]);
    expect(faults[0]?.message).toMatch(/: |take|mend|shorten|write/);
    expect(entries).toHaveLength(2);
  });

  it('that stands there twice is told with the line of the first', () => {
    expect(read('10.1.2.3\nPRINTER\n10.1.2.3\nprinter.').faults).toMatchObject([
      { line: 3, code: 'duplicate', message: 'is the same as line 1: take one of them out' },
      { line: 4, code: 'duplicate', message: 'is the same as line 2: take one of them out' },
    ]);
  });
});

describe('CSV', () => {
  it('has its columns in any order, whatever separates them', () => {
    const text =
      '\uFEFFLocation;Serial Number;IP address;Colour;Name\r\n"Floor; 2";vnb3k12345;10.1.2.3;red;"The ""big"" one"\r\n\r\n;;10.1.2.4;;\r\n';
    expect(read(text, 'csv')).toEqual({
      entries: [
        {
          line: 2,
          at: '10.1.2.3',
          count: 1,
          serial: 'VNB3K12345',
          name: 'The "big" one',
          location: 'Floor; 2',
        },
        { line: 4, at: '10.1.2.4', count: 1, serial: null, name: null, location: null },
      ],
      faults: [],
      ignored: ['Colour'],
      tooLarge: null,
    });
  });

  it('takes a host name before an address', () => {
    expect(read('address,host\n10.1.2.3,printer-7\n10.1.2.4,', 'csv').entries.map(({ at }) => at)).toEqual([
      'printer-7',
      '10.1.2.4',
    ]);
  });

  it.each([
    ['10.1.2.3,AB-12,x', 'tooManyColumns'],
    ['10.1.2.3', 'missingColumn'],
    [',AB-12', 'missingColumn'],
    ['10.1.2.3,AB_12', 'badSerial'],
    ['10.1.2.3,ABC', 'badSerial'],
    ['10.1.2.0/24,AB-12', 'badSerial'],
    ['multicast:4,AB-12', 'badSerial'],
    ['"10.1.2.3,AB-12', 'badQuotes'],
    ['"10.1.2.3"x,AB-12', 'badQuotes'],
    ['=1+1,AB-12', 'badHost'],
  ])('%j is told %s, and what follows is read', (line, code) => {
    const { entries, faults } = read(`address,serial\n${line}\n10.9.9.9,CD-34`, 'csv');
    expect(faults).toMatchObject([{ line: 2, code }]);
    expect(entries).toMatchObject([{ line: 3, serial: 'CD-34' }]);
  });

  it.each([
    ['10.1.2.3,AB-12', 'missingColumn'],
    ['serial,name', 'missingColumn'],
    ['address,ip', 'tooManyColumns'],
    ['"address', 'badQuotes'],
  ])('that begins with %j is told %s', (head, code) => {
    expect(read(`${head}\n10.1.2.3,AB-12\n`, 'csv')).toMatchObject({
      entries: [],
      faults: [{ line: 1, code }],
    });
  });
});

describe('XML', () => {
  const list = (inside: string): string =>
    `<?xml version="1.0" encoding="utf-8"?>\n<devices>\n${inside}\n</devices>\n`;

  it('has a device a tag', () => {
    const text = list(
      '<device address="10.1.2.3" serial="vnb3k12345" name="A &amp; B" colour="red"/>\n<!-- x -->\n<device\n host="Printer-7"></device>',
    );
    expect(read(text, 'xml')).toMatchObject({
      entries: [
        { line: 3, at: '10.1.2.3', serial: 'VNB3K12345', name: 'A & B' },
        { line: 5, at: 'printer-7' },
      ],
      faults: [],
      ignored: ['colour'],
    });
  });

  it.each([
    ['<device address="10.1.2.300"/>', 'badAddress'],
    ['<device serial="AB-12"/>', 'missingColumn'],
    ['<device address="10.1.2.3" serial="no"/>', 'badSerial'],
    ['<printer address="10.1.2.3"/>', 'badXml'],
    ['<device address="10.1.2.3">here</device>', 'badXml'],
    ['<device address="10.\uFFFD.2.3"/>', 'badEncoding'],
  ])('%s is told %s, and what follows is read', (inside, code) => {
    const { entries, faults } = read(list(`${inside}\n<device address="10.9.9.9"/>`), 'xml');
    expect(faults).toMatchObject([{ line: 3, code }]);
    expect(entries.at(-1)).toMatchObject({ line: 4, at: '10.9.9.9' });
  });

  it.each([
    ['<device address="10.1.2.3">', 4],
    ['<device address="&x;"/>', 3],
    ['<device address="10.1.2.3" address="10.1.2.4"/>', 3],
    ['<device address=10.1.2.3/>', 3],
    [`<device ${Array.from({ length: 101 }, (_, at) => `a${at}=""`).join(' ')}/>`, 3],
  ])('that is not well-formed ends there: %s', (inside, line) => {
    expect(read(list(inside), 'xml').faults).toMatchObject([{ line, code: 'badXml' }]);
  });

  it('that declares entities is refused before any of them is looked at', () => {
    const bomb = `<!DOCTYPE devices [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>\n<devices><device address="&b;"/></devices>`;
    expect(read(bomb, 'xml')).toMatchObject({ entries: [], faults: [{ line: 1, code: 'badXml' }] });
    const file = `<!DOCTYPE devices [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<devices><device address="&a;"/></devices>`;
    expect(read(file, 'xml').faults).toHaveLength(1);
  });

  it('of another encoding is told so', () => {
    expect(read('<?xml version="1.0" encoding="iso-8859-1"?>\n<devices/>', 'xml').faults).toMatchObject([
      { line: 1, code: 'badEncoding' },
    ]);
  });
});

describe('a list', () => {
  it('of a hundred thousand lines with 37 bad ones of 12 kinds names each of them', () => {
    const kinds: readonly (readonly [string, string])[] = [
      ['badAddress', '10.1.2.300'],
      ['badHost', '-printer'],
      ['badRange', '10.1.2.9-10.1.2.3'],
      ['rangeTooLarge', '10.0.0.0/8'],
      ['macAddress', '3c:52:82:aa:00:01'],
      ['ownAddress', '10.0.0.5'],
      ['specialAddress', '127.0.0.1'],
      ['outsideNetworks', '11.0.0.1'],
      ['duplicate', '10.64.0.1'],
      ['tooManyColumns', '10.1.2.3,10.1.2.4'],
      ['badEncoding', '10.\uFFFD.2.3'],
      ['lineTooLong', 'x'.repeat(1_001)],
    ];
    const lines = Array.from({ length: listLinesMax }, (_, n) =>
      addressAt({ family: 4, first: 0x0a400001n }, n),
    );
    const bad = Array.from({ length: 37 }, (_, n) => ({
      line: 2_000 + n * 2_500,
      kind: kinds[n % kinds.length],
    }));
    for (const { line, kind } of bad) lines[line - 1] = kind?.[1] ?? '';
    const { faults, entries } = read(lines.join('\n'));
    expect(faults.map(({ line, code }) => [line, code])).toEqual(
      bad.map(({ line, kind }) => [line, kind?.[0]]),
    );
    expect(faultyLines(faults)).toBe(37);
    expect(entries).toHaveLength(listLinesMax - 37);
  });

  it.each<[string, ListFormat, string, string]>([
    ['text', 'text', ' #'.repeat(100_000) + '\u2028x', '10.1.2.3\n'.repeat(22_000)],
    [
      'text of spaces',
      'text',
      `x${' '.repeat(998)}x\n`.repeat(5_000),
      'printer.example.org\n'.repeat(90_000),
    ],
    [
      'XML',
      'xml',
      `<${'a'.repeat(60)}>`.repeat(50_000),
      `<devices>${'<device address="10.1.2.3"/>\n'.repeat(50_000)}</devices>`,
    ],
    [
      'XML of colons',
      'xml',
      `<devices><device address="${':'.repeat(200_000)}"/></devices>`,
      `<devices>${'<device address="10.1.2.3"/>\n'.repeat(20_000)}</devices>`,
    ],
  ])('of %s costs what an ordinary one costs, whatever stands in it', (_, format, strange, ordinary) => {
    const usual = costOf(() => expect(read(ordinary, format).faults.length).toBeGreaterThan(0));
    const cost = costOf(() => expect(read(strange, format).faults.length).toBeGreaterThan(0));
    expect(cost).toBeLessThan(5 * usual);
  });

  it('tells neighbours with the same fault once', () => {
    const { faults } = read('10.1.2.3\nno good\nno better\n10.1.2.4\nno good\n');
    expect(faults.map(({ line, to, text }) => [line, to, text])).toEqual([
      [2, 3, 'no good'],
      [5, 5, 'no good'],
    ]);
  });

  it('that is too long, or names too many addresses, says so', () => {
    expect(read('10.1.2.3\n'.repeat(listLinesMax + 1)).tooLarge).toBe('more than 100000 lines');
    const networks = Array.from({ length: 5 }, (_, n) => `10.${n + 1}.0.0/16`);
    expect(read(networks.join('\n')).tooLarge).toBe('more than 262144 addresses');
  });

  it('of a program is read by the same rules', () => {
    const cells = [
      { address: '10.1.2.3', serial: 'ab-12', name: 'x'.repeat(129) },
      { host: 'printer-7' },
      {},
    ];
    const { entries, faults } = whole(readDeviceCells(cells, reach));
    expect(entries).toMatchObject([{ line: 2, at: 'printer-7' }]);
    expect(faults).toMatchObject([
      { line: 1, code: 'badText' },
      { line: 3, code: 'missingColumn' },
    ]);
  });
});

it('an address is held to the rule of every connection', () => {
  const own = ['10.0.0.5', 'fd00::5', '127.0.0.1'];
  const sets = [
    ['10.0.0.0/8', 'fd00::/8'],
    ['0.0.0.0/0', '::/0'],
    ['127.8.0.0/16', '10.0.0.5/32'],
    ['nonsense'],
    [],
  ];
  const all = [
    '10.0.0.5',
    '10.0.0.6',
    'fd00::5',
    'fd00::6',
    '127.0.0.1',
    '127.8.0.1',
    '224.0.0.1',
    '8.8.8.8',
    '::7f00:1',
  ];
  for (const networks of sets) {
    const ground = groundOf({ networks, own });
    expect(all.map((address) => ground.mayConnect(address))).toEqual(
      all.map((address) => mayConnect(address, networks, own)),
    );
  }
});
