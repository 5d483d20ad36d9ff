// What no device says, through the frame reader and the rules that the gateway has: outside suites, and inputs made at
// random. Short here; MALFORMED_RUNS=1000000 does a million (npm run faults:malformed).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { duplexPair } from 'node:stream';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Answering, type Judge } from '#announce/answer';
import type { Acknowledge, Announcement } from '#announce/announcement';
import type { Malformed } from '#announce/malformed';
import { answersIn, line, type Answer } from '../../test/support/gateway.js';

const runs = Number(process.env['MALFORMED_RUNS'] ?? 2_000);
const slowestMs = 50;
const tally = { connections: 0, inputs: 0, accepted: 0, refused: 0, slowestMs: 0 };
const suites = resolve(process.env['MUSTER_SUITES_DIR'] ?? '../shared/suites');

const answer: Acknowledge = {
  result: 'accepted',
  authentication: 'anonymous',
  reason: null,
  message: 'stored',
  retryAfterMs: null,
  event: null,
};

const refusals = new Set([
  'tooLong',
  'notUtf8',
  'notJson',
  'tooDeep',
  'badKey',
  'unknownVersion',
  'unknownType',
  'badField',
]);

/** Takes what can be read, refuses the rest, and must never be asked what to do about a fault of ours. */
class Taking implements Judge {
  readonly taken: Announcement[] = [];
  readonly faults: unknown[] = [];

  closed(): null {
    return null;
  }
  malformed({ code, message }: Malformed): Acknowledge {
    return { ...answer, result: 'refused', reason: code, message };
  }
  broken(error: unknown): Acknowledge {
    this.faults.push(error);
    return { ...answer, result: 'retry' };
  }
  judge(announcement: Announcement): Promise<Acknowledge> {
    this.taken.push(announcement);
    return Promise.resolve(answer);
  }
}

interface Said {
  readonly answers: readonly Answer[];
  readonly taken: readonly Announcement[];
  readonly faults: readonly unknown[];
  /** The longest that one chunk kept the process. */
  readonly longestMs: number;
}

/** One connection on which the chunks come in, and no more. */
async function once(chunks: readonly Buffer[]): Promise<Said> {
  const [near, far] = duplexPair({ allowHalfOpen: true });
  const judge = new Taking();
  new Answering(far, judge);
  const text: string[] = [];
  near.setEncoding('utf8').on('data', (chunk: string) => text.push(chunk));
  const ended = new Promise((resolve) => near.once('end', resolve));
  // Straight to whoever listens, so that its time can be taken.
  const longestMs = Math.max(...chunks.map((chunk) => cpuMsOf(() => far.emit('data', chunk))));
  near.end();
  await ended;
  far.destroy();
  return { answers: answersIn(text.join('')), taken: judge.taken, faults: judge.faults, longestMs };
}

function cpuMsOf(act: () => void): number {
  const before = process.threadCpuUsage();
  act();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** Whatever came: each answer is one of the protocol's, nothing of ours broke, and nobody else had to wait. */
async function say(...chunks: readonly Buffer[]): Promise<Said> {
  const said = await once(chunks);
  const odd = said.answers.filter(({ result, reason }) =>
    result === 'accepted' ? reason !== null : result !== 'refused' || !refusals.has(String(reason)),
  );
  const polluted = Object.keys(Object.prototype);
  // Asked a million times in the long form: an expectation that holds costs more than what it asks about.
  if (said.faults.length + odd.length + polluted.length > 0)
    expect([said.faults, odd, polluted]).toEqual([[], [], []]);
  let { longestMs } = said;
  // What takes long each time is the input's fault; once, that of a garbage collector.
  for (let tries = 0; tries < 3 && longestMs >= slowestMs; tries += 1) ({ longestMs } = await once(chunks));
  if (longestMs >= slowestMs) expect(longestMs).toBeLessThan(slowestMs);
  const accepted = said.answers.filter(({ result }) => result === 'accepted').length;
  tally.connections += 1;
  tally.inputs += chunks.length;
  tally.accepted += accepted;
  tally.refused += said.answers.length - accepted;
  tally.slowestMs = Math.max(tally.slowestMs, longestMs);
  return said;
}

afterAll(() => {
  const { connections, inputs, accepted, refused } = tally;
  console.log(
    `RESULT malformed connections=${connections} inputs=${inputs} accepted=${accepted} refused=${refused} ` +
      `slowest_ms=${tally.slowestMs.toFixed(1)}`,
  );
});

const suite = join(suites, 'jsontestsuite');
const cases = existsSync(suite) ? readdirSync(suite).filter((name) => name.endsWith('.json')) : [];

describe.skipIf(cases.length === 0)('JSONTestSuite (skipped without its folder beside the project)', () => {
  it.each(cases)('%s', async (name) => {
    const input = readFileSync(join(suite, name));
    const said = await say(input, Buffer.from('\n'));
    expect(said.taken).toEqual([]);
    // None of them is an announcement, so each that is a line at all is refused once, and the connection ended.
    expect(said.answers.length).toBe(input.toString('latin1').trim() === '' ? 0 : 1);
    // As the value of a key that is read, it does no harm either.
    await say(Buffer.from('{"muster":1,"type":"announcement","model":'), input, Buffer.from('}\n'));
  });
});

const naughty = join(suites, 'blns.json');
const strings = existsSync(naughty) ? (JSON.parse(readFileSync(naughty, 'utf8')) as readonly string[]) : [];
const fields = [
  'serial',
  'model',
  'mac',
  'ip',
  'hostname',
  'firmware',
  'reason',
  'announcementId',
  'traceparent',
];

describe.skipIf(strings.length === 0)(
  'naughty strings (skipped without blns.json beside the project)',
  () => {
    it.each(fields)('as %s are taken as they are, or refused', async (field) => {
      for (const string of strings) {
        const said = await say(Buffer.from(line({ [field]: string })));
        expect(said.answers).toHaveLength(1);
        for (const { identity } of said.taken) {
          if (field !== 'model' && field !== 'hostname' && field !== 'firmware') continue;
          expect(identity[field]).toBe(string.trim());
          expect(identity[field]).not.toMatch(/\p{Cc}/u);
        }
      }
    });

    it('as lines, and as keys, are refused', async () => {
      for (const string of strings) {
        const asLine = await say(Buffer.from(`${string}\n`));
        const asKey = await say(Buffer.from(line({ [string]: 1 })));
        expect([...asLine.taken, ...asKey.taken]).toEqual([]);
      }
    });
  },
);

describe('inputs made at random', () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 4 }), fc.string({ unit: 'binary' }), fc.double());
  /** An announcement with some keys changed, taken away or added. */
  const nearly = fc
    .dictionary(
      fc.oneof(fc.constantFrom(...fields, 'muster', 'type', 'origin', '__proto__'), fc.string()),
      value,
      {
        maxKeys: 4,
      },
    )
    .map((change) => Buffer.from(line(change)));
  const bytes = fc.uint8Array({ maxLength: 200 }).map((some) => Buffer.from(some));
  /** An announcement with some of its bytes changed. */
  const damaged = fc
    .array(fc.tuple(fc.nat(300), fc.nat(255)), { minLength: 1, maxLength: 6 })
    .map((changes) => {
      const whole = Buffer.from(line());
      for (const [at, byte] of changes) whole[at % whole.length] = byte;
      return whole;
    });
  const nested = fc
    .tuple(fc.nat(3_000), fc.constantFrom('[', '{"a":', '[{"a":', '"\\u00'))
    .map(([depth, opening]) => Buffer.from(`${opening.repeat(depth)}\n`));
  const chunks = fc.array(fc.oneof(nearly, nearly, bytes, damaged, nested), { minLength: 1, maxLength: 4 });

  it(`${runs} connections: each answered, none held up`, { timeout: 90_000 + runs * 5 }, async () => {
    await fc.assert(
      fc.asyncProperty(chunks, async (some) => {
        await say(...some);
      }),
      { numRuns: runs, endOnFailure: true },
    );
  });
});
