import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';

/** What a process that runs `code` with an open log writes. The log writes to standard output itself. */
function linesOf(code: string): readonly Record<string, unknown>[] {
  const script = `import { openLog } from '#runtime/log'; const log = openLog({ level: 'info', fields: {} }); ${code}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  if (stderr) throw new Error(stderr);
  return stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line) as Record<string, unknown>] : []));
}

describe('a log line', () => {
  it('tells an error without what hangs on it', () => {
    const [line] = linesOf(`
      const error = Object.assign(new Error('duplicate key'), { code: '23505', query: 'insert …', parameters: ['s3cret'] });
      log.error({ error }, 'No');`);
    expect(line).toMatchObject({
      level: 'error',
      msg: 'No',
      error: { message: 'duplicate key', code: '23505' },
    });
    expect(JSON.stringify(line)).not.toContain('s3cret');
  });

  it('hides what is named like a secret, and stays one line whatever a device writes', () => {
    const lines = linesOf(
      `log.info({ password: 's3cret', user: { token: 's3cret' }, model: 'a\\n{"level":"error"}\\u001b[31m' }, 'Seen');`,
    );
    expect(lines).toMatchObject([
      { password: '[hidden]', user: { token: '[hidden]' }, model: 'a\n{"level":"error"}\u001b[31m' },
    ]);
  });
});

describe('a process whose log nobody reads any more', () => {
  it('goes on, and ends when it is asked to', async () => {
    const script = `import { openLog } from '#runtime/log'; const log = openLog({ level: 'info', fields: {} });
      process.on('SIGTERM', () => { log.info({}, 'Stopped'); process.exit(0); });
      setInterval(() => log.info({ filler: 'x'.repeat(1_000) }, 'On'), 1);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
    expect(await ended).toEqual([0, null]);
    clearTimeout(late);
  }, 30_000);
});
