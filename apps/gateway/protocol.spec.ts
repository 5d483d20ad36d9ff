// PROTOCOL.md as it is written: its bytes, its worked conversations and its limits, at a real gateway.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority } from '../../test/support/authority.js';
import { dial, gatewayBench, type Client, type GatewayBench } from '../../test/support/gateway.js';
import { readGatewayConfig } from './config.js';

const text = readFileSync('libs/announce/PROTOCOL.md', 'utf8');
/** Blocks of code of a kind, with what stands behind their kind. */
const blocks = (kind: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${kind} (.*)\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, title = '', body = '']) => ({ title, lines: body.trimEnd().split('\n') }),
  );

const authority = await Authority.create('Trusted root');
const settings = {
  none: {},
  mutual: { authentication: 'mutual', trustedAuthorities: authority.certificate },
  off: { acceptAnnouncements: false },
  primaries: { fromPrimaries: 'encrypted' },
} as const;
const nobody: Client = { key: undefined, cert: undefined };

/** All that comes until the server has closed; nothing more is said after `said`. */
async function answerTo(port: number, said: Buffer | string, client: Client): Promise<string> {
  const socket = await dial(port, client);
  let heard = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (heard += chunk));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.end(said);
  await closed;
  return heard;
}

let bench: GatewayBench;
let young: GatewayBench;
beforeAll(async () => {
  [bench, young] = await Promise.all([gatewayBench(), gatewayBench()]);
});
afterAll(async () => {
  await Promise.all([bench.stop(), young.stop()]);
});

describe('byte by byte', () => {
  const bytesOf = (wanted: string): Buffer => {
    const rows = blocks('bytes').find(({ title }) => title === wanted)?.lines ?? [];
    return Buffer.concat(rows.map((row) => Buffer.from(row.slice(0, 47).replaceAll(' ', ''), 'hex')));
  };

  it.each(['device', 'server'])('what the %s says: as many as the text says, and as they look', (who) => {
    const bytes = bytesOf(who);
    const shown = blocks('bytes').find(({ title }) => title === who)?.lines ?? [];
    expect(shown.map((row) => row.slice(49)).join('')).toBe(bytes.toString('latin1').replace('\n', '.'));
    expect(text).toMatch(new RegExp(`(?:says|answers with) ${bytes.length} bytes`));
  });

  it('the answer of a gateway is just those bytes', async () => {
    await bench.configure(settings.none);
    expect(await answerTo(bench.port, bytesOf('device'), nobody)).toBe(bytesOf('server').toString());
  });
});

describe('worked conversations', () => {
  const conversations = blocks('exchange').map(({ title, lines }, index) => {
    const [, mode = '', , serial] = /^(\w+)(, certificate of (\S+))?$/.exec(title) ?? [];
    const of = (sign: string) =>
      lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(2).replace(/\\r$/, '\r'));
    return { name: `${index + 1}: ${title}`, mode, serial, said: of('>'), heard: of('<') };
  });

  it('are there, for each mode', () => {
    const modes = new Set(conversations.map(({ mode }) => mode));
    expect([...modes].toSorted()).toEqual([...Object.keys(settings), 'young'].toSorted());
  });

  it.each(conversations)('$name', async ({ mode, serial, said, heard }) => {
    const setting = mode in settings ? settings[mode as keyof typeof settings] : null;
    if (setting) await bench.configure(setting);
    const answer = await answerTo(
      (setting ? bench : young).port,
      said.map((line) => `${line}\n`).join(''),
      serial === undefined ? nobody : await shown(serial),
    );
    const pattern = heard
      .map((line) => `${escaped(line).replace('"…"', '"[0-9a-f-]{36}"').replace('…', '(\\d+)')}\n`)
      .join('');
    expect(answer).toMatch(new RegExp(`^${pattern}$`));
    const [, retryAfterMs] = new RegExp(pattern).exec(answer) ?? [];
    if (retryAfterMs === undefined) return;
    expect(Number(retryAfterMs)).toBeGreaterThanOrEqual(2_000);
    expect(Number(retryAfterMs)).toBeLessThan(15_000);
  });

  const escaped = (line: string): string => line.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const shown = async (serialNumber: string): Promise<Client> => {
    const { key, certificate } = await authority.issue({ commonName: 'printer', serialNumber });
    return { key, cert: certificate };
  };
});

it('names the limits that hold by default', () => {
  const config: Readonly<Record<string, unknown>> = readGatewayConfig({ MUSTER_GATEWAY_IDENTITY_DIR: '/x' });
  const rows = [...text.matchAll(/\| ([\d,]+) +\| `(MUSTER_GATEWAY_\w+)` /g)];
  const told = rows.map(([, number = '', name = '']) => [name, Number(number.replaceAll(',', ''))]);
  expect(told).toEqual(told.map(([name = '']) => [name, config[name]]));
  const numbers = Object.keys(config).filter((name) => typeof config[name] === 'number');
  const elsewhere = ['MUSTER_ANNOUNCE_PORT', 'MUSTER_GATEWAY_SPOOL_MAX_MB'];
  expect(told.map(([name]) => name).toSorted()).toEqual(
    numbers.filter((name) => !elsewhere.includes(name)).toSorted(),
  );
});
