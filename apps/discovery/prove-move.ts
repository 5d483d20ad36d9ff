// The task that asks a device's old address, when somebody announces its serial number from elsewhere without a proof: is
// it still there? Then the claim is a conflict; when it is silent, the device has moved (see claims.ts). One missed answer is
// no silence: a device that moved without a proof is taken as moved after about a minute.
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { worker, type Ending, type Worker } from '#bus/worker';
import { mayConnect } from '#device/address';
import { openDeviceApi } from '#device/api';
import type { Driver, Identified, Outcome, Target } from '#device/device';
import { announcementFiltered } from '#events/device';
import type { Draft } from '#events/event';
import { settingsChanged } from '#events/settings';
import { ownAddresses } from '#addresses/own';
import { readDocument } from '#store/documents';
import type { Store, Tx } from '#store/store';
import { announcementsOf } from './arrival.js';
import { judgeClaims, type OldAddress } from './claims.js';
import type { Claim, Device } from './known.js';
import { loadClaims, loadDevice, loadKnown, proveMove, saveKnown, settleClaims, type Asked } from './rows.js';

const payload = z.object({ deviceId: z.uuid() });
type Payload = z.infer<typeof payload>;

/** Old addresses asked at a time, over all instances: most of them are silent, and cost a timer. */
const proofsMax = 100;
/** Pauses between the tries of a silent address: four tries of 5 s and these are about a minute, less than a run may take. */
const silentAgainMs = [2_000, 10_000, 30_000] as const;
const retryDelaysMs = [2_000, 10_000] as const;
const afterTroubleMs = 60_000;

export interface Proving {
  readonly store: Store;
  /** That devices serve their API on. */
  readonly devicePort: number;
  readonly silentAgainMs?: readonly number[];
  readonly open?: (target: Target) => Driver;
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
      const old = asked ? await askOldAddress(on, { asked, attempt }, signal) : 'outsideNetworks';
      const settle = (tx: Tx) => conclude(tx, claimed, asked?.device ?? null, old);
      return { events: [], settle };
    },
    // The claims stay, nothing is believed meanwhile.
    failed: () => ({ events: [], againAt: new Date(Date.now() + afterTroubleMs) }),
  });
}

/**
 * Whether the known device is at its known address still. Silent only when nothing answers at any try, or clearly another
 * device: whatever else is there, a closed port too, is taken for the old one until an operator decides. Throws for what
 * may pass while attempts are left, and whenever this machine itself could not ask.
 */
async function askOldAddress(
  on: Proving,
  { asked: { device, pinned }, attempt }: { readonly asked: Asked; readonly attempt: number },
  signal: AbortSignal,
): Promise<OldAddress> {
  const settings = await readDocument(on.store, 'discovery', settingsChanged);
  const networks = settings?.body.deviceNetworks ?? [];
  const address = device.identity.ip;
  if (!mayConnect(address, networks, ownAddresses())) return 'outsideNetworks';
  // Any certificate may be shown: which one it is, is part of the answer.
  const target = { address, port: on.devicePort, fingerprint: null, networks, mutual: null };
  const outcome = await identifyPatiently(on, target, signal);
  if (outcome.kind === 'unreachable') {
    if (outcome.host === 'unknown')
      throw new Error(`the old address ${address} could not be asked: ${outcome.reason}`);
    return outcome.host === 'silent' ? 'silent' : 'answers';
  }
  if (outcome.kind === 'failed' && outcome.mayPass && attempt <= retryDelaysMs.length) {
    throw new Error(`the old address ${address} answers what cannot be understood: ${outcome.reason}`);
  }
  if (outcome.kind !== 'answered') return 'answers';
  const { identity, fingerprint } = outcome.value;
  if (identity.serial === device.identity.serial) return { says: identity };
  return fingerprint === pinned ? 'answers' : 'silent';
}

/** The first outcome that is not silence; silence when every try met it, in one run, so that no other trouble counts. */
async function identifyPatiently(
  { silentAgainMs: pausesMs = silentAgainMs, open = openDeviceApi }: Proving,
  target: Target,
  signal: AbortSignal,
): Promise<Outcome<Identified>> {
  for (const pauseMs of [...pausesMs, null]) {
    const driver = open(target);
    const outcome = await driver.identify(signal).finally(() => driver.close());
    const isSilent = outcome.kind === 'unreachable' && outcome.host === 'silent';
    if (!isSilent || pauseMs === null) return outcome;
    await delay(pauseMs, undefined, { signal });
  }
  throw new Error('there is a last try');
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
