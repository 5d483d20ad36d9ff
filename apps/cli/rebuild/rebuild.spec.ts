// An administrator at the command line, a real console at the other end.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceDiscovered } from '#events/device';
import { databases, Trial } from '../../../test/support/console.js';
import { Process } from '../../../test/support/process.js';
import { ownFolder } from '../../../test/support/servers.js';
import { until } from '../../../test/support/until.js';

const [PGlite] = databases;

describe('a rebuild at the command line', () => {
  let trial: Trial;
  let tokenFile: string;
  beforeAll(async () => {
    trial = await Trial.start(await PGlite.open());
    tokenFile = join(await ownFolder('token'), 'token');
    await writeFile(tokenFile, `${await trial.token('admin')}\n`);
  });
  afterAll(() => trial.stop());

  const muster = async (...words: readonly string[]) => {
    const environment = { MUSTER_CONSOLE_URL: trial.host.url, MUSTER_TOKEN_FILE: tokenFile };
    const entry = 'apps/cli/main.js';
    const run = new Process({ name: 'muster', entry, words: ['rebuild', ...words], environment });
    return { code: await run.ended(), said: run.output };
  };

  it('shows how it goes, and ends with what was done', async () => {
    expect(await muster('--watch')).toEqual({ code: 0, said: 'No rebuild was asked for yet.\n' });
    await trial.bus.publish([trial.event('discovery', deviceDiscovered.draft(deviceDiscovered.example))]);
    await until('the device is there', async () => {
      const rows = await trial.database.query('select 1 from console.device');
      return rows.length === 1;
    });
    const { code, said } = await muster();
    expect(code).toBe(0);
    expect(said).toContain('waiting for an instance');
    expect(said).toMatch(/^Rebuilt: 1 device in \d+ s, asked for by token:admin-\S+\.$/m);
    expect((await muster('--watch', '--json')).said).toContain('"state":"finished","phase":null');
  });

  it('says who asked when one runs already, and why one failed', async () => {
    await trial.database.query(
      `update console.rebuild set state = 'running', phase = 'making', asked_by = 'ada', started_at = now()`,
    );
    const second = await muster();
    expect(second.code).toBe(1);
    expect(second.said).toMatch(/^muster rebuild: A rebuild runs, asked for by ada at \d{4}-/);
    await trial.database.query(
      `update console.rebuild set state = 'failed', phase = null, failure = 'no disk', finished_at = now()`,
    );
    const failed = await muster('--watch');
    expect(failed.code).toBe(1);
    expect(failed.said).toContain('failed after 1 device: no disk');
  });
});
