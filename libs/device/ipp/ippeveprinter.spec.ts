// The driver and its decoder against a printer, and beside a client, that nobody here wrote: CUPS' ippeveprinter and ipptool.
import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority } from '../../../test/support/authority.js';
import {
  askedByIpptool,
  startIppeveprinter,
  withoutIppeveprinter,
  type Ippeveprinter,
} from '../../../test/support/ippeveprinter.js';
import { fingerprintOf } from '#pki/certificate';
import type { Target } from '../device.js';
import { Exchange } from '../exchange.js';
import { wanted } from './attributes.js';
import { BadIpp, decode } from './decode.js';
import { openIpp } from './ipp.js';
import { encode, isCollection, tags, type Attributes, type Value } from './message.js';

const { signal } = new AbortController();
const keys = new Set(['svc.ipp', 'ipp.auth', 'jobs.pin', 'fw.version', 'svc.telnet']);

describe.skipIf(withoutIppeveprinter)('ippeveprinter', () => {
  const printers: Ippeveprinter[] = [];
  let dressed: Target;
  let plain: Target;
  beforeAll(async () => {
    const authority = await Authority.create('Of printers');
    const credentials = await authority.issue({ commonName: 'localhost', dnsNames: ['localhost'] });
    const fingerprint = fingerprintOf(new X509Certificate(credentials.certificate).raw);
    const attributes = [
      'ATTR text printer-make-and-model "Example LaserJet 612"',
      'ATTR text printer-device-id "MFG:Example;MDL:LaserJet 612;CMD:PDF;SN:FROM-DEVICE-ID;"',
      'ATTR text printer-serial-number "vnb3k12345"',
      // It has one of its own, too, and gives both: this one first.
      'ATTR uri printer-uuid "urn:uuid:1c852a4d-b800-1f08-abcd-3c5282aa0001"',
      'ATTR text printer-firmware-string-version "2511123_083214"',
      'ATTR integer job-password-supported 4',
    ];
    const targetOf = async (started: Promise<Ippeveprinter>): Promise<Target> => {
      const printer = await started;
      printers.push(printer);
      const { address, port } = printer;
      return { address, port, fingerprint, networks: [`${address}/32`], mutual: null };
    };
    dressed = await targetOf(startIppeveprinter({ credentials, attributes }));
    plain = await targetOf(startIppeveprinter({ credentials, words: ['-A'] }));
  });
  afterAll(async () => {
    for (const printer of printers) await printer.stop();
  });

  const speaking = async <T>(
    target: Target,
    speak: (driver: ReturnType<typeof openIpp>) => Promise<T>,
  ): Promise<T> => {
    const driver = openIpp(target);
    return speak(driver).finally(() => driver.close());
  };

  it('says who it is, over TLS with the pinned certificate', async () => {
    expect(await speaking(dressed, (driver) => driver.identify(signal))).toEqual({
      kind: 'answered',
      value: {
        identity: {
          ...{ serial: 'VNB3K12345', model: 'Example LaserJet 612', mac: '3c:52:82:aa:00:01' },
          ...{ ip: dressed.address, hostname: null, firmware: '2511123_083214' },
        },
        fingerprint: dressed.fingerprint,
      },
    });
    const other = await speaking({ ...dressed, fingerprint: 'a'.repeat(64) }, (driver) =>
      driver.identify(signal),
    );
    expect(other).toMatchObject({ kind: 'failed', mayPass: false });
  });

  it('says so by IPv6, too', async () => {
    const target = { ...dressed, address: '::1', networks: ['::1/128'] };
    expect(await speaking(target, (driver) => driver.serialOf(signal))).toEqual({
      kind: 'answered',
      value: 'VNB3K12345',
    });
  });

  it('without a serial number and a MAC address does not say who it is', async () => {
    expect(await speaking(plain, (driver) => driver.identify(signal))).toMatchObject({ kind: 'unsupported' });
  });

  it('says what is set: IPP and IPPS on one port, whatever it is told', async () => {
    expect(await speaking(dressed, (driver) => driver.read(keys, signal))).toEqual({
      kind: 'answered',
      value: {
        values: new Map<string, unknown>([
          ['svc.ipp', 'both'],
          ['ipp.auth', 'none'],
          ['jobs.pin', true],
          ['fw.version', '2511123_083214'],
        ]),
        failed: new Map(),
        fixed: new Map([['svc.ipp', 'its IPP does not offer Set-Printer-Attributes']]),
      },
    });
    const guarded = await speaking(plain, (driver) => driver.read(keys, signal));
    expect(guarded.kind === 'answered' && guarded.value.values.get('ipp.auth')).toBe('basic');
  });

  it('lets nothing be set', async () => {
    const written = await speaking(dressed, (driver) =>
      driver.write(new Map([['svc.ipp', 'ippsOnly']]), signal),
    );
    expect(written).toMatchObject({
      value: { refused: new Map([['svc.ipp', 'its IPP does not offer Set-Printer-Attributes']]) },
    });
  });

  it.each([
    ['all of its own', () => plain, ['all', 'media-col-database']],
    ['what we ask for', () => dressed, wanted.filter((name) => name !== 'printer-uuid')],
  ])('is read as ipptool reads it: %s', async (_, of, requested) => {
    const target = of();
    const { groups } = decode(await answer(target, requested));
    const ours = groups.map(({ attributes }) => `<dict>\n${listed(attributes)}</dict>\n`).join('');
    const theirs = answerIn.exec(await askedByIpptool(target, requested));
    expect(steady(ours)).toBe(steady(theirs?.[1] ?? ''));
    expect(groups[1]?.attributes.size).toBeGreaterThan(8);
  });

  it('is read to its end, or to a fault with a name, whatever 100,000 changes make of its answers', async () => {
    const answers = [await answer(dressed, wanted), await answer(plain, ['all', 'media-col-database'])];
    const ends = { message: 0, fault: 0 };
    const tried = (bytes: Buffer): void => {
      try {
        decode(bytes);
        ends.message += 1;
      } catch (error) {
        if (!(error instanceof BadIpp)) throw error;
        ends.fault += 1;
      }
    };
    const change = fc.record({
      of: fc.constantFrom(...answers, ...answers.slice(0, 1)),
      edits: fc.array(fc.record({ at: fc.nat(0xffff), edit: fc.constantFrom(...edits), byte: fc.nat(255) }), {
        minLength: 1,
        maxLength: 4,
      }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 100, maxLength: 100 }), (changes) => {
        for (const { of, edits: each } of changes) {
          tried(each.reduce((bytes, { at, edit, byte }) => edit(bytes, at % (bytes.length || 1), byte), of));
        }
      }),
      { numRuns: 1_000 },
    );
    expect(ends.message + ends.fault).toBe(100_000);
    expect(Math.min(ends.message, ends.fault)).toBeGreaterThan(1_000);
  });
});

async function answer(target: Target, requested: readonly string[]): Promise<Buffer> {
  const attributes = new Map<string, readonly Value[]>([
    ['attributes-charset', [{ tag: tags.charset, content: 'utf-8' }]],
    ['attributes-natural-language', [{ tag: tags.naturalLanguage, content: 'en' }]],
    ['printer-uri', [{ tag: tags.uri, content: `ipps://localhost:${target.port}/ipp/print` }]],
    ['requested-attributes', requested.map((content) => ({ tag: tags.keyword, content }))],
  ]);
  const groups = [{ tag: tags.operation, attributes }];
  const body = encode({ version: [2, 0], code: 0x000b, requestId: 1, groups });
  const exchange = new Exchange(target);
  try {
    const said = await exchange.ask(
      { method: 'POST', path: '/ipp/print', type: 'application/ipp', body },
      signal,
    );
    if (said.kind !== 'answered') throw new Error(said.reason);
    return said.value.bytes;
  } finally {
    exchange.close();
  }
}

type Edit = (bytes: Buffer, at: number, byte: number) => Buffer;
const edits: readonly Edit[] = [
  (bytes, at, byte) => Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at + 1)]),
  // As a length it is a negative one.
  (bytes, at, byte) => Buffer.concat([bytes.subarray(0, at), Buffer.of(0xff, byte), bytes.subarray(at + 2)]),
  (bytes, at, byte) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + byte)]),
  (bytes, at, byte) => Buffer.concat([bytes.subarray(0, at + byte), bytes.subarray(at)]),
  (bytes, at) => bytes.subarray(0, at),
];

const answerIn =
  /<key>ResponseAttributes<\/key>\n<array>\n([^]*)<\/array>\n<\/dict>\n<\/array>\n<key>Successful<\/key>/;

/** As ipptool writes attributes into a property list. */
const listed = (attributes: Attributes): string =>
  [...attributes]
    .map(([name, values]) => {
      const each = values.map(listedValue).join('');
      return `<key>${escaped(name)}</key>\n${values.length === 1 ? each : `<array>\n${each}</array>\n`}`;
    })
    .join('');

function listedValue({ tag, content }: Value): string {
  if (isCollection(content)) return `<dict>\n${listed(content)}</dict>\n`;
  if (content === null) return `<string>${escaped(`<<${nothings[tag] ?? ''}>>`)}</string>\n`;
  if (typeof content === 'number') return `<integer>${content}</integer>\n`;
  if (typeof content === 'boolean') return `<${content} />\n`;
  if (typeof content === 'string') return `<string>${escaped(content)}</string>\n`;
  return `${listedBytes(tag, content)}\n`;
}

const nothings: Readonly<Record<number, string>> = { 0x12: 'unknown', 0x13: 'no-value' };

function listedBytes(tag: number, bytes: Buffer): string {
  const numbers = (...names: readonly string[]): string =>
    names
      .map((name, index) => `<key>${name}</key><integer>${bytes.readInt32BE(index * 4)}</integer>`)
      .join('');
  switch (tag) {
    case tags.rangeOfInteger:
      return `<dict>${numbers('lower', 'upper')}</dict>`;
    case tags.resolution:
      return `<dict>${numbers('xres', 'yres')}<key>units</key><string>dpi</string></dict>`;
    case tags.dateTime: {
      const [month = 1, day = 1, hour = 0, minute = 0, second = 0] = bytes.subarray(2);
      const time = Date.UTC(bytes.readUInt16BE(0), month - 1, day, hour, minute, second);
      return `<date>${new Date(time).toISOString().replace('.000', '')}</date>`;
    }
    default:
      return `<data>${bytes.toString('base64')}</data>`;
  }
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Without what changes between two questions; it calls itself as whoever asks does. */
const steady = (list: string): string =>
  list
    .replaceAll(/<key>printer-(?:up-time|current-time)<\/key>\n.*\n/g, '')
    .replaceAll(/:\/\/(?:localhost|127\.0\.0\.1):/g, '://host:');
