// A certificate that two devices showed proves nothing of either, whatever an operator decides of one of them.
import { expect, it, onTestFinished } from 'vitest';
import { deviceConflictDecisionRequested } from '#events/conflict';
import { deviceAnnounced } from '#events/announcement';
import { migrate } from '#store/migrate';
import { openEmbedded } from '#store/open';
import { Store } from '#store/store';
import { published } from '../../test/support/fed-delivery.js';
import { claimOf } from './conflict.js';
import { admission } from './consumer.js';
import type { Change, Known } from './known.js';
import { loadKnown, saveKnown } from './rows.js';

const { example } = deviceAnnounced;
const factory = 'f'.repeat(64);
const deviceId = '0192f0c1-2345-7000-8000-000000000001';
const claimed = { ...example, transport: { ...example.transport, fingerprint: factory } };
const at = new Date('2026-11-21T09:00:00.000Z');

async function discovery(): Promise<Store> {
  const database = await openEmbedded({ dir: null });
  onTestFinished(() => database.close());
  await migrate(database, ['bus', 'discovery']);
  return new Store(database, 'discovery');
}

it('is known with the conflict that an operator decides about, and stays shared', async () => {
  const store = await discovery();
  const given: Change[] = [
    { kind: 'certificate', fingerprint: factory, certificate: { serial: 'ANOTHER-1', shared: true } },
    {
      kind: 'conflict',
      conflict: {
        deviceId,
        claim: claimOf(claimed),
        announcement: deviceId,
        data: claimed,
        raisedAt: at,
        dismissedAt: null,
      },
    },
  ];
  await store.transaction(async (tx) => {
    await tx.query(
      `insert into discovery.device (id, serial, identity, fingerprint, accepted_at, proof, minute, announced)
       values ($1, $2, $3::jsonb, null, now(), 'first', now(), 1)`,
      [deviceId, example.identity.serial, JSON.stringify(example.identity)],
    );
    await saveKnown(tx, given);
  });
  const asked = published(
    deviceConflictDecisionRequested.draft({ ...deviceConflictDecisionRequested.example, deviceId }),
  );
  const known = (await store.transaction((tx) => admission.load(tx, [asked]))) as Known;
  expect(known.certificates.get(factory)).toMatchObject({ shared: true });

  const forgetful: Change = {
    kind: 'certificate',
    fingerprint: factory,
    certificate: { serial: example.identity.serial, shared: false },
  };
  await store.transaction((tx) => saveKnown(tx, [forgetful]));
  const after = await store.transaction((tx) => loadKnown(tx, { serials: [], fingerprints: [factory] }));
  expect(after.certificates.get(factory)?.shared).toBe(true);
});
