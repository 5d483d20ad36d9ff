// After an edit of a group all devices are looked at again, a page in each transaction: any number of instances share the
// work, and a process that dies leaves only its page to do.
import type { Bus } from '#bus/bus';
import type { Decision } from '#bus/consumer';
import { noCause, stampDrafts } from '#store/outbox';
import type { Store, Tx } from '#store/store';
import type { Change } from './groups.js';
import { regroup } from './membership.js';
import { loadOutdated, saveGroups } from './rows.js';

/** Devices in one transaction. */
export const pageMax = 200;

/** Resolves to how many devices were looked at; 0: none is left. */
export async function regroupPage(store: Store, bus: Pick<Bus, 'record'>): Promise<number> {
  const [outdated] = await store.query(
    `select 1 as one from autogroup.device, autogroup.edition
     where device.edition < edition.number and identity is not null and not retired limit 1`,
  );
  if (!outdated) return 0;
  return store.transaction(async (tx) => {
    const groups = await loadOutdated(tx, pageMax);
    const decisions = [...groups.devices.values()].map((device) => regroup(device, groups));
    await saveAndTell(tx, bus, decisions);
    return decisions.length;
  });
}

/** What was decided beside the bus, in the transaction in which it was. */
export async function saveAndTell(
  tx: Tx,
  bus: Pick<Bus, 'record'>,
  decisions: readonly Decision<Change>[],
): Promise<void> {
  await saveGroups(
    tx,
    decisions.flatMap(({ changes }) => changes),
  );
  const drafts = decisions.flatMap(({ events }) => events);
  if (drafts.length === 0) return;
  await bus.record(tx, 'autogroup', await stampDrafts(tx, 'autogroup', drafts, noCause));
}
