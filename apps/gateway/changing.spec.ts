// Mode and authorities change while devices come and go: no handshake of theirs fails, each is answered, and nothing is
// judged by a rule that does not hold any more.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Authority } from '../../test/support/authority.js';
import { dial, gatewayBench, heard, line, type GatewayBench } from '../../test/support/gateway.js';
import { until } from '../../test/support/until.js';

const trusted = await Authority.create('Trusted root');
const other = await Authority.create('Another root');
const crowd = 12;
const devices = await Promise.all(
  Array.from({ length: crowd }, async (_, number) => {
    const serial = `CHANGING-${String(number).padStart(2, '0')}`;
    const { key, certificate } = await trusted.issue({ commonName: 'printer', serialNumber: serial });
    return { serial, ip: `127.0.7.${number + 1}`, key, cert: certificate };
  }),
);

let bench: GatewayBench;
beforeAll(async () => {
  bench = await gatewayBench();
  await bench.configure({});
});
afterAll(() => bench.stop());

const none = {} as const;
const mutual = (...authorities: readonly Authority[]) =>
  ({
    authentication: 'mutual',
    trustedAuthorities: authorities.map(({ certificate }) => certificate).join(''),
  }) as const;

it('under load', { timeout: 120_000 }, async () => {
  const answers: (readonly [result: unknown, reason: unknown])[] = [];
  const failed: unknown[] = [];
  let going = true;
  const announcing = devices.map(async ({ serial, ip, key, cert }) => {
    while (going) {
      try {
        const socket = await dial(bench.port, { localAddress: ip, key, cert });
        socket.write(line({ serial, ip }));
        socket.once('data', () => socket.end());
        const heardAll = await heard(socket);
        const [answer] = heardAll;
        answers.push([answer?.['result'], heardAll.length === 1 ? answer?.['reason'] : heardAll.length]);
      } catch (error) {
        failed.push(error);
      }
    }
  });
  const changes: { readonly version: number; readonly at: number }[] = [];
  const rules = [
    mutual(trusted),
    none,
    mutual(other, trusted),
    mutual(trusted, other),
    none,
    mutual(trusted),
  ];
  for (const rule of rules) {
    const before = answers.length;
    await until('the crowd is at work', () => answers.length >= before + 2 * crowd);
    // Known to the gateway before this resolves.
    changes.push({ version: await bench.configure(rule), at: Date.now() });
  }
  const before = answers.length;
  await until('the crowd is at work', () => answers.length >= before + 2 * crowd);
  going = false;
  await Promise.all(announcing);

  expect(failed).toEqual([]);
  const kinds = new Set(answers.map(([result, reason]) => `${String(result)} ${String(reason)}`));
  expect([...kinds].filter((kind) => kind !== 'accepted null' && kind !== 'retry changed')).toEqual([]);
  const accepted = answers.filter(([result]) => result === 'accepted').length;
  await until('all are stored', () => bench.stored().length === accepted);
  const late = bench.stored().filter(({ data }) => {
    const next = changes.find(({ version }) => version > data.configVersion);
    return next !== undefined && Date.parse(data.acceptedAt) > next.at;
  });
  expect(late).toEqual([]);
  const modes = bench
    .stored()
    .map(({ data }) => `${data.authentication.mode} ${data.authentication.outcome}`);
  expect(new Set(modes)).toEqual(new Set(['none anonymous', 'mutual verified']));
});
