// The first start: once, whoever comes first; and never again.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noopMeter, openTrialBus } from '../../test/support/console.js';
import { Store, type Database } from '#store/store';
import { migrate } from '#store/migrate';
import { openLog } from '#runtime/log';
import { readConsoleConfig } from './config.js';
import { firstRun } from './first-run.js';
import { databases } from '../../test/support/console.js';

describe.each(databases)('a first start on $name', ({ open }) => {
  let database: Database;
  beforeAll(async () => {
    database = await open();
    await migrate(database, ['bus', 'console']);
  });
  afterAll(() => database.close());

  it('starts safe, with one password shown by one of three instances', async () => {
    const log = openLog({ level: 'silent', fields: {} });
    const bus = openTrialBus(database);
    const store = new Store(database, 'console');
    const parts = { config: readConsoleConfig({}), log, bus, store, instance: 'x', meter: noopMeter };
    const said: string[] = [];
    await Promise.all([1, 2, 3].map(() => firstRun(parts, (line) => said.push(line))));
    await firstRun(parts, (line) => said.push(line));
    expect(said).toHaveLength(1);
    const documents = await database.query(
      'select kind, id, version from console.document order by kind, id',
    );
    expect(documents).toEqual([
      { kind: 'group', id: 'all', version: 1 },
      { kind: 'policy', id: 'base', version: 1 },
      { kind: 'policy', id: 'blank', version: 1 },
      { kind: 'policy', id: 'limited', version: 1 },
      { kind: 'settings', id: 'settings', version: 1 },
    ]);
    const [settings] = await database.query<{ body: object }>(
      `select body from console.document where kind = 'settings'`,
    );
    expect(settings?.body).toMatchObject({
      acceptAnnouncements: false,
      allowRemediation: false,
      initialPolicy: null,
    });
    const told = await database.query<{ type: string }>('select type from bus.event order by seq');
    expect(told.map(({ type }) => type)).toEqual([
      'policy.changed',
      'policy.changed',
      'policy.changed',
      'group.changed',
      'settings.changed',
      'edge.configured',
    ]);
    const [admin] = await database.query<{ password_hash: string }>(
      'select password_hash from console.operator',
    );
    expect(admin?.password_hash).toMatch(/^\$argon2id\$/);
    await bus.stop();
  });
});
