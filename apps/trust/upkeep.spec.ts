// Readiness of the process while no new list can be made, and once there is one again.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTelemetry } from '#runtime/telemetry';
import { listeningLog } from '../../test/support/silent.js';
import { TypedCa } from '../../test/support/typed-ca.js';
import { TrustAuthority } from './authority.js';
import { Books } from './books.js';
import { Upkeep } from './upkeep.js';

const ca = new TypedCa();
let books: Books;
beforeAll(async () => {
  await ca.done('init', '--subject', 'CN=Trial');
  books = new Books(ca.place.MUSTER_TRUST_DIR);
});
afterAll(() => {
  books.close();
  ca.remove();
});

it('a list that was renewed by hand is no trouble any more', async () => {
  const { MUSTER_TRUST_DIR: dir, MUSTER_TRUST_PASSPHRASE_FILE: file } = ca.place;
  const { meter } = startTelemetry('upkeep-trial', undefined);
  const log = listeningLog();
  const authority = new TrustAuthority(dir, books, 'not its passphrase');
  const upkeep = new Upkeep({ dir, books, authority, log, meter, est: null });
  await upkeep.look();
  expect(upkeep.problems()).toEqual([]);
  await upkeep.look(new Date(Date.now() + 2 * 86_400_000));
  expect(upkeep.problems()).toEqual([expect.stringContaining('too old')]);
  new TrustAuthority(dir, books, readFileSync(file, 'utf8').trim()).publish('issuing');
  await upkeep.look();
  expect(upkeep.problems()).toEqual([]);
  upkeep.stop();
});
