// What an empty database gets: an id for this Muster, an administrator, and documents that change nothing on any device.
import { randomBytes, randomUUID } from 'node:crypto';
import { policyTemplates } from '#documents/templates';
import type { DocumentDefinition } from '#events/document';
import type { Draft } from '#events/event';
import { groupBody, groupChanged } from '#events/group';
import { policyChanged } from '#events/policy';
import { defaultSettings, settingsChanged } from '#events/settings';
import type { StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import type { ConsoleConfig } from './config.js';
import { configureEdge } from './documents/edge.js';
import { allDevices } from './documents/faults.js';
import { lockDocuments, record, write } from './documents/written.js';
import { audit } from './who/audit.js';
import { hashPassword } from './who/password.js';

const muster = { name: 'muster', from: null };

/** Does nothing in a database that is not empty; of several instances one does it. */
export async function firstRun(
  parts: StoredParts<ConsoleConfig>,
  say: (line: string) => void,
): Promise<void> {
  const [installed] = await parts.store.query('select 1 as one from console.installation');
  if (installed) return;
  const password = parts.config.adminPassword ?? randomBytes(15).toString('base64url');
  const hash = await hashPassword(password);
  const first = await parts.store.transaction(async (tx) => {
    await lockDocuments(tx);
    const made = await tx.query(
      'insert into console.installation (server) values ($1) on conflict do nothing returning one',
      [randomUUID()],
    );
    if (made.length === 0) return false;
    await tx.query(
      `insert into console.operator (name, role, password_hash, created_by) values ('admin', 'admin', $1, $2)`,
      [hash, muster.name],
    );
    await audit(tx, { who: muster.name, from: null, action: 'user.added', target: 'user:admin' });
    await record(tx, parts.bus, await firstDocuments(tx));
    return true;
  });
  if (!first) return;
  parts.log.info(
    { operator: 'admin' },
    'First start: administrator, settings, policies and the group of all devices made',
  );
  if (parts.config.adminPassword === null) {
    say(
      `\nFirst start. Sign in as admin with the password  ${password}  (shown this once; change it on the page)\n`,
    );
  }
}

async function firstDocuments(tx: Tx): Promise<readonly Draft[]> {
  const make = <B>(of: DocumentDefinition<B>, id: string, body: B) =>
    write(tx, of, { id, version: 0, body, by: muster });
  const drafts: Draft[] = [];
  for (const { id, body } of policyTemplates) drafts.push(await make(policyChanged, id, body));
  const everything = groupBody.parse({ name: 'All devices', kind: 'all', priority: 100_000 });
  drafts.push(await make(groupChanged, allDevices, everything));
  drafts.push(await make(settingsChanged, settingsChanged.noun, defaultSettings));
  drafts.push(await configureEdge(tx, defaultSettings));
  return drafts;
}
