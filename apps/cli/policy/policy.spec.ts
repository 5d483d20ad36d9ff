// Policy as code at the command line: export, edit, validate, look at the difference, import; against a real console.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished } from '#events/assessment';
import { deviceDiscovered } from '#events/device';
import { databases, Trial } from '../../../test/support/console.js';
import { Process } from '../../../test/support/process.js';
import { ownFolder } from '../../../test/support/servers.js';
import { until } from '../../../test/support/until.js';

const [PGlite] = databases;

describe('policies at the command line', () => {
  let trial: Trial;
  let folder: string;
  let file: string;

  beforeAll(async () => {
    trial = await Trial.start(await PGlite.open());
    folder = await ownFolder('policies');
    file = join(folder, 'base.yaml');
    await writeFile(join(folder, 'token'), `${await trial.token('operator')}\n`);
  });
  afterAll(() => trial.stop());

  const muster = async (...words: readonly string[]) => {
    const environment = {
      MUSTER_CONSOLE_URL: trial.host.url,
      MUSTER_TOKEN_FILE: join(folder, 'token'),
      NO_COLOR: '1',
    };
    const run = new Process({ name: 'muster', entry: 'apps/cli/main.js', words, environment });
    return { code: await run.ended(), said: run.output };
  };
  const edit = async (from: string, to: string): Promise<void> =>
    writeFile(file, (await readFile(file, 'utf8')).replace(from, to));

  it('are listed, exported, edited, validated, compared and imported', async () => {
    const list = await muster('policy', 'list');
    expect(list).toMatchObject({ code: 0, said: expect.stringMatching(/^base +Muster Base +\d+ +1 /m) });
    const out = await muster('policy', 'export', 'base');
    expect(out).toMatchObject({ code: 0, said: expect.stringMatching(/^policy: base$/m) });
    await writeFile(file, out.said);
    expect(await muster('policy', 'validate', file)).toEqual({
      code: 0,
      said: expect.stringMatching(/: policy base, \d+ settings, no fault\.\n$/),
    });
    await edit('required: 240', 'required: off');
    const wrong = await muster('policy', 'validate', file);
    expect(wrong.code).toBe(1);
    expect(wrong.said).toMatch(
      /base\.yaml:\d+:5: items\.\d+\.required: jobs\.holdTimeoutMinutes is "off": it must be a whole number/,
    );
    expect((await muster('policy', 'import', file)).code).toBe(1);
    await edit('required: off', 'required: 60');
    const change =
      '  Held jobs are deleted after (jobs.holdTimeoutMinutes): required value at most 240 minutes → at most 60 minutes\n';
    expect(await muster('policy', 'diff', file)).toEqual({
      code: 0,
      said: `base: version 1 would change.\n${change}`,
    });
    expect(await muster('policy', 'import', file)).toEqual({
      code: 0,
      said: `base: version 2 from now on.\n${change}`,
    });
    expect(await muster('policy', 'import', file)).toEqual({
      code: 0,
      said: 'base: is so already, version 2.\n  nothing\n',
    });
    expect(await muster('policy', 'diff', 'base')).toEqual({
      code: 0,
      said: `base: from version 1 to 2\n${change}`,
    });
    const shown = await muster('policy', 'show', 'base');
    expect(shown.said).toMatch(/^Muster Base \(base\), version 2\nSetting /);
    expect(shown.said).toMatch(
      /^jobs\.holdTimeoutMinutes +Held jobs are deleted after +at most 60 minutes +medium +remediate +ignore$/m,
    );
  });

  it('are taken from a device, whose compliance is told', async () => {
    const deviceId = randomUUID();
    const { example } = assessmentFinished;
    await trial.bus.publish([
      trial.event('discovery', deviceDiscovered.draft({ ...deviceDiscovered.example, deviceId })),
      trial.event('assessment', assessmentFinished.draft({ ...example, deviceId })),
    ]);
    const isShown = async () => (await muster('compliance', deviceId)).said.startsWith('score 100');
    await until('its assessment is shown', isShown);
    const notYet = await muster('policy', 'from-device', deviceId, '--wait', '1');
    expect(notYet).toMatchObject({ code: 1, said: expect.stringContaining('it has not answered yet') });
    const asking = muster('policy', 'from-device', deviceId);
    const read = {
      ...example,
      deviceId,
      taskId: randomUUID(),
      mode: 'dryRun' as const,
      policies: [],
      changes: [],
    };
    const asked = async () => (await trial.told('assessment.requested')).at(1);
    expect(await until('the device is asked', asked)).toMatchObject({
      deviceId,
      mode: 'dryRun',
      everything: true,
    });
    await trial.bus.publish([trial.event('assessment', assessmentFinished.draft(read))]);
    const { said: taken } = await asking;
    expect(taken).toContain(`policy: like-${deviceId.slice(0, 8)}\n`);
    await writeFile(file, taken);
    expect((await muster('policy', 'import', file)).said).toContain(': made, version 1.');
    expect(await muster('compliance', deviceId)).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^score 100: 1 setting right, 0 wrong[^]*^NIST CM-7 +right +svc\.telnet /m),
    });
    expect(await muster('compliance')).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^1 device, score 100[^]*^STIG V-6783 +1 +0$/m),
    });
  });

  it('say what was not understood, and ask nobody for that', async () => {
    expect((await muster('policy')).code).toBe(2);
    expect((await muster('policy', 'export', 'no such')).code).toBe(2);
    expect((await muster('policy', 'export', 'nothing')).said).toContain('There is no policy nothing.');
    expect((await muster('policy', 'validate', join(folder, 'missing.yaml'))).code).toBe(2);
    expect((await muster('policy', 'diff', 'base', '--from', 'x')).code).toBe(2);
  });
});
