// The task that asks a device's old address, when somebody announces its serial number from elsewhere without a proof: is
// it still there (old-address.ts)? Then the claim is a conflict; when it is silent, the device has moved (see claims.ts). One
// missed answer is no silence: a device that moved without a proof is taken as moved after about a minute.
import * as z from 'zod';
import { worker, type Ending, type Worker } from '#bus/worker';
import { announcementFiltered } from '#events/announcement';
import type { Draft } from '#events/event';
import { settingsChanged } from '#events/settings';
import { readDocument } from '#store/documents';
import type { Store, Tx } from '#store/store';
import { announcementsOf } from './arrival.js';
import { judgeClaims, type OldAddress } from './claims.js';
import type { Claim, Device } from './known.js';
import { askOldAddress, type Asking } from './old-address.js';
import { loadClaims, loadDevice, loadKnown, proveMove, saveKnown, settleClaims, type Asked } from './rows.js';

const payload = z.object({ deviceId: z.uuid() });
type Payload = z.infer<typeof payload>;

/** Old addresses asked at a time, over all instances: most of them are silent, and cost a timer. */
const proofsMax = 100;
const retryDelaysMs = [2_000, 10_000] as const;
const afterTroubleMs = 60_000;

export interface Proving extends Asking {
  readonly store: Store;
}

export function proveMoveWorker(on: Proving): Worker {
  return worker<Payload>({
    ...proveMove,
    keyIs: 'device',
    limit: () => Promise.resolve(proofsMax),
    payload,
    retryDelaysMs,
    run: async (task, { signal }) => {
      const { payload: claimed, attempt } = task;
      // A task that queued behind another, which settled its claim too.
      if ((await loadClaims(on.store, claimed.deviceId)).length === 0) return { events: [] };
      const asked = await loadDevice(on.store, claimed.deviceId);
      const old = asked ? await ask(on, asked, attempt, signal) : 'outsideNetworks';
      const settle = (tx: Tx) => conclude(tx, claimed, asked?.device ?? null, old);
      return { events: [], settle };
    },
    // The claims stay, nothing is believed meanwhile.
    failed: () => ({ events: [], againAt: new Date(Date.now() + afterTroubleMs) }),
  });
}

/** Throws for what may pass while attempts are left. */
async function ask(on: Proving, asked: Asked, attempt: number, signal: AbortSignal): Promise<OldAddress> {
  const settings = (await readDocument(on.store, 'discovery', settingsChanged))?.body;
  if (!settings) return 'outsideNetworks';
  const mayComeAgain = attempt <= retryDelaysMs.length;
  return askOldAddress(on, { ...asked, settings, attempt, mayComeAgain }, signal);
}

/** Under the device's lock. When it is not any more as it was when its address was asked, it is asked again. */
async function conclude(
  tx: Tx,
  { deviceId }: Payload,
  asked: Device | null,
  old: OldAddress,
): Promise<Ending> {
  const claims = await loadClaims(tx, deviceId);
  const known = await loadKnown(tx, {
    serials: asked ? [asked.identity.serial] : [],
    fingerprints: claims.flatMap(({ data }) => data.transport.fingerprint ?? []),
  });
  const device = asked && known.devices.get(asked.identity.serial);
  if (!asked || device?.id !== asked.id) {
    await settleClaims(tx, claims);
    return { events: claims.flatMap(ofDeleted) };
  }
  if (device.identity.ip !== asked.identity.ip || device.fingerprint !== asked.fingerprint) {
    return { events: [], againAt: new Date() };
  }
  const { changes, events, settled } = judgeClaims(device, claims, old, known);
  await saveKnown(tx, changes);
  await settleClaims(tx, settled);
  return settled.length < claims.length ? { events, againAt: new Date() } : { events };
}

const ofDeleted = (claim: Claim): readonly Draft[] =>
  announcementsOf([claim]).map((announcement) =>
    announcementFiltered.draft({ announcement, identity: claim.data.identity, reason: 'deviceDeleted' }),
  );
