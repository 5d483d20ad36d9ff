import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/support/servers.js';
import { migrate } from './migrate.js';
import { openPostgres } from './open.js';
import { grantRoles } from './roles.js';
import type { Database } from './store.js';

// Roles belong to the whole server, which other tests share: names that no service has.
const schemas = ['roletesta', 'roletestb'];

describe('the role of a service', () => {
  let owner: Database;
  let service: Database;

  beforeAll(async () => {
    const url = await freshDatabase();
    owner = await openPostgres({ url });
    await migrate(owner, schemas);
    await grantRoles(owner, schemas, () => 'first');
    await grantRoles(owner, schemas, (schema) => `it's ${schema}`);
    const own = new URL(url);
    own.username = 'roletesta';
    own.password = '';
    service = await openPostgres({ url: own.href, password: "it's roletesta" });
  });

  afterAll(async () => {
    await service.close();
    for (const role of schemas) {
      await owner.query(`drop owned by ${role}`);
      await owner.query(`drop role ${role}`);
    }
    await owner.close();
  });

  it('reads and writes its own schema', async () => {
    await service.query(`insert into roletesta.document (kind, id, version) values ('k', 'i', 1)`);
    expect(await service.query(`select version from roletesta.document`)).toEqual([{ version: 1 }]);
  });

  it.each([
    ['reads no other', 'select * from roletestb.document'],
    ['defines nothing', 'create table roletesta.mine (id int)'],
    ['drops nothing', 'drop table roletesta.document'],
  ])('%s', async (_, statement) => {
    await expect(service.query(statement)).rejects.toThrow(/permission denied|must be owner/);
  });
});
