// muster events tail, at a real console, through a line that is cut.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seatsCounted } from '#events/licence';
import { deviceFlapping, deviceLicensed } from '#events/device';
import type { Event } from '#events/event';
import { databases, Trial } from '../../../test/support/console.js';
import { Process } from '../../../test/support/process.js';
import { ownFolder } from '../../../test/support/servers.js';
import { until } from '../../../test/support/until.js';

const [PGlite] = databases;
const deviceId = '0193f2a0-0000-7000-8000-00000000abcd';

describe('muster events tail', () => {
  let trial: Trial;
  let tokenFile: string;
  let line: CutLine;

  beforeAll(async () => {
    trial = await Trial.start(await PGlite.open());
    tokenFile = join(await ownFolder('token'), 'token');
    await writeFile(tokenFile, await trial.token('viewer'));
    line = await CutLine.to(Number(new URL(trial.host.url).port));
  });
  afterAll(async () => {
    await line.close();
    await trial.stop();
  });

  const start = async (...words: readonly string[]): Promise<Process> => {
    const environment = { MUSTER_CONSOLE_URL: line.url, MUSTER_TOKEN_FILE: tokenFile };
    const all = ['events', 'tail', ...words];
    const before = line.passed;
    const tail = new Process({ name: 'tail', entry: 'apps/cli/main.js', words: all, environment });
    await until('it is connected', () => tail.exitCode !== null || line.passed > before, 60_000);
    return tail;
  };
  const flapping = (serial: string, device = deviceId): Event =>
    trial.event('discovery', deviceFlapping.draft({ deviceId: device, serial, announcedPerMinute: 16 }));
  const seats = (): Event => trial.event('licensing', seatsCounted.draft(seatsCounted.example));

  it('shows what is asked for, one line each, and goes on where a cut line left it', async () => {
    const tail = await start('--type', 'device.*', '--subject', deviceId);
    // Until it listens, what is said is not for it.
    await until('the first is shown', async () => {
      await trial.bus.publish([flapping('FIRST-01')]);
      return tail.output.includes('FIRST-01');
    });
    await trial.bus.publish([seats(), flapping('OTHER-01', '0193f2a0-0000-7000-8000-00000000ffff')]);
    line.cut();
    await trial.bus.publish([flapping('MEANWHILE-01')]);
    await until('it says that it is cut', () => tail.output.includes('resuming'));
    line.mend();
    await until('the one said meanwhile is shown', () => tail.output.includes('MEANWHILE-01'), 30_000);
    expect(tail.output).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}device\.flapping +FIRST-01/m);
    expect(tail.output.match(/MEANWHILE-01/g)).toHaveLength(1);
    expect(tail.output).not.toMatch(/OTHER-01|seats\.counted/);
    expect(await tail.signal('SIGTERM')).toBe(0);
  }, 120_000);

  it('finds by a serial number what has only the id of the device, once one event has both', async () => {
    const tail = await start('--subject', 'BOTH-01');
    const device = randomUUID();
    const licensed = trial.event(
      'licensing',
      deviceLicensed.draft({ ...deviceLicensed.example, deviceId: device }),
    );
    await until('the first is shown', async () => {
      await trial.bus.publish([flapping('BOTH-01', device)]);
      return tail.output.includes('BOTH-01');
    });
    await trial.bus.publish([flapping('OTHER-02', randomUUID()), licensed]);
    await until('the one by id is shown', () => tail.output.includes('device.licensed'));
    expect(tail.output).not.toContain('OTHER-02');
    expect(await tail.signal('SIGTERM')).toBe(0);
  }, 120_000);

  it('gives whole events as JSON', async () => {
    const tail = await start('--json');
    await until('one is shown', async () => {
      await trial.bus.publish([seats()]);
      return tail.output.includes('\n');
    });
    const [first = ''] = tail.output.split('\n');
    expect(JSON.parse(first)).toMatchObject({ type: 'seats.counted', data: seatsCounted.example });
    expect(await tail.signal('SIGTERM')).toBe(0);
  }, 120_000);

  it('ends with 1 where it may not listen, with 2 where nobody is', async () => {
    await writeFile(`${tokenFile}.wrong`, `mst_${'A'.repeat(43)}`);
    const refused = await start('--token-file', `${tokenFile}.wrong`);
    expect([await refused.ended(), refused.output]).toEqual([1, expect.stringContaining('token')]);
    await writeFile(`${tokenFile}.empty`, '\n');
    const nobody = await start('--token-file', `${tokenFile}.empty`);
    expect([await nobody.ended(), nobody.output]).toEqual([2, expect.stringContaining('the file is empty')]);
    const nowhere = await start('--url', 'http://127.0.0.1:1');
    expect([await nowhere.ended(), nowhere.output]).toEqual([
      2,
      expect.stringContaining('cannot be reached'),
    ]);
  }, 120_000);
});

/** A line to a port of this machine that can be cut, and then connects nobody until it is mended. */
class CutLine {
  readonly #sockets = new Set<Socket>();
  #whole = true;
  passed = 0;

  private constructor(private readonly server: Server) {}

  static async to(port: number): Promise<CutLine> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const line = new CutLine(server);
    server.on('connection', (near) => line.#join(near, port));
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#whole = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#whole = true;
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  #join(near: Socket, port: number): void {
    if (!this.#whole) return void near.destroy();
    this.passed += 1;
    const far = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
