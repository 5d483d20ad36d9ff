// What the gateway makes of x509-limbo, by real handshakes under the suite's own clocks, held against libs/pki/README.md.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Process } from '../support/process.js';
import { classOf, classes, readSuite, suiteFile, type LimboCase, type LimboResult } from './limbo-suite.js';

const suite = suiteFile('limbo-client.json');
const clock = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((file) => existsSync(file));
const page = readFileSync('libs/pki/README.md', 'utf8');
const tookMsMax = 200;
/** Of the cases that hold for every judge of clients, each way. */
const wrongMax = 8;
/**
 * Where none may be taken that must not be, whatever its class is, nor refused for something else. The suite's one case about
 * a signature has no key: see badly-made.spec.
 */
const groups: readonly Group[] = [
  { about: 'dates', ids: /::validity::/, reasons: ['expired', 'notYetValid'] },
  {
    about: 'purpose',
    ids: /::eku::/,
    reasons: ['wrongPurpose'],
    // The public Web's rules: clientAuth is there, beside any purpose, in a critical extension, or below a root with purposes.
    taken: ['webpki::eku::ee-anyeku', 'webpki::eku::ee-critical-eku', 'webpki::eku::root-has-eku'],
  },
  {
    about: 'the CA bit',
    ids: /ca-bit|basic-?constraints|ca-extensions|keycertsign/,
    reasons: ['untrusted', 'wrongPurpose', 'badCertificate'],
  },
  {
    about: 'path length',
    ids: /^pathlen::/,
    reasons: ['untrusted'],
    // Of a depth that the suite lets a judge set, and Node does not; no certificate says it.
    taken: ['pathlen::max-chain-depth-0-exhausted', 'pathlen::max-chain-depth-1-exhausted'],
  },
  { about: 'revocation', ids: /^crl::/, reasons: ['revoked', 'revocationUnknown'] },
];

interface Group {
  readonly about: string;
  readonly ids: RegExp;
  readonly reasons: readonly string[];
  readonly taken?: readonly string[];
}

const missing = suite === null ? 'the outside suites are not there' : 'libfaketime is not installed';
const skipped = suite === null || clock === undefined;

describe.skipIf(skipped)(`x509-limbo${skipped ? `: skipped, as ${missing}` : ''}`, () => {
  const cases = suite === null ? [] : readSuite(readFileSync(suite, 'utf8')).filter(hasKey);

  it('is judged as the page says', { timeout: 240_000 }, async () => {
    const results = new Map((await everyTime()).map((result) => [result.id, result]));
    expect([...results.keys()].toSorted()).toEqual(cases.map(({ id }) => id).toSorted());
    const judged = cases.map((each) => ({ each, result: results.get(each.id) }));
    const taken = judged.filter(({ each, result }) => !mayPass(each) && result?.reason === null);
    const refused = judged.filter(({ each, result }) => mayPass(each) && result?.reason !== null);
    expect(tableOf(cases, ids(taken), ids(refused))).toEqual(rowsUnder('## x509-limbo'));
    const must = ({ each }: { each: LimboCase }) => classOf(each) === 'must';
    expect(ids(taken.filter(must))).toEqual(namedUnder('### Wrongly taken'));
    expect(ids(refused.filter(must))).toEqual(namedUnder('### Wrongly refused'));
    expect(ids(taken.filter(must)).length).toBeLessThanOrEqual(wrongMax);
    expect(ids(refused.filter(must)).length).toBeLessThanOrEqual(wrongMax);
    expect(unargued()).toEqual([]);
    for (const { about, ids: pattern, reasons, taken: known = [] } of groups) {
      const toRefuse = judged.filter(({ each }) => pattern.test(each.id) && !mayPass(each));
      const otherwise = toRefuse.filter(({ result }) => !reasons.includes(result?.reason ?? ''));
      expect([about, ids(otherwise)]).toEqual([about, known]);
      expect(toRefuse.length).toBeGreaterThan(known.length);
    }
    expect([...results.values()].filter(({ tookMs }) => tookMs > tookMsMax)).toEqual([]);
  });

  async function everyTime(): Promise<readonly LimboResult[]> {
    const times = [...new Set(cases.map(({ validation_time: time }) => time))];
    const found: LimboResult[] = [];
    for (const time of times) found.push(...(await runAt(time)));
    return found;
  }

  async function runAt(time: string | null): Promise<readonly LimboResult[]> {
    const name = `limbo ${time ?? 'now'}`;
    const words = [suite ?? '', ...(time === null ? [] : [time])];
    // The clock stands still at that second; what measures time goes on.
    const environment: Readonly<Record<string, string>> =
      time === null
        ? {}
        : {
            TZ: 'UTC',
            LD_PRELOAD: clock ?? '',
            FAKETIME: time.slice(0, 19).replace('T', ' '),
            FAKETIME_DONT_FAKE_MONOTONIC: '1',
          };
    const output = await Process.run({ name, entry: 'test/pki/limbo.js', words, environment });
    return output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LimboResult);
  }
});

const hasKey = ({ peer_certificate_key: key }: LimboCase): boolean => key !== null;
const mayPass = (each: LimboCase): boolean =>
  each.expected_result === 'SUCCESS' && classOf(each) !== 'exchanged';
const ids = (of: readonly { readonly each: LimboCase }[]): readonly string[] =>
  of.map(({ each }) => each.id).toSorted();

function tableOf(
  cases: readonly LimboCase[],
  taken: readonly string[],
  refused: readonly string[],
): readonly (readonly string[])[] {
  return classes.map((name) => {
    const own = cases.filter((each) => classOf(each) === name).map(({ id }) => id);
    const wrong = [taken, refused].map((list) => list.filter((id) => own.includes(id)).length);
    const [wronglyTaken = 0, wronglyRefused = 0] = wrong;
    return [name, own.length, own.length - wronglyTaken - wronglyRefused, wronglyTaken, wronglyRefused].map(
      String,
    );
  });
}

const partUnder = (heading: string): string => page.slice(page.indexOf(heading)).split(/\n#/)[0] ?? '';

/** Class and figures of each row, what is said of it left out. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
  const rows = partUnder(heading)
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .map((cell) => cell.trim())
      .filter((_, index) => index === 1 || (index > 2 && index < 7)),
  );
}

/** Rows of the two lists that name a case and do not say why it is left so. */
const unargued = (): readonly string[] =>
  [...page.matchAll(/^\| `[^`]+` *\|([^|]*)\|$/gm)].flatMap(([row, why = '']) =>
    why.trim().length >= 'the same'.length ? [] : [row],
  );

const namedUnder = (heading: string): readonly string[] =>
  [...partUnder(heading).matchAll(/^\| `([^`]+)`/gm)].map(([, id = '']) => id).toSorted();
