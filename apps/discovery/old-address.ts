// Whether a device is at its known address still (R32, R36): asked in every way in which a device says who it is, and knocked
// at besides. Silent is only who says nothing to any of them, at several tries: one missed answer is no silence, nor is one
// protocol that a packet filter drops.
import { setTimeout as delay } from 'node:timers/promises';
import { mayConnect } from '#device/address';
import { isWorthAgain, type Identified, type Outcome } from '#device/device';
import { knock, type Knock } from '#device/probe/knock';
import { ownAddresses } from '#addresses/own';
import type { Settings } from '#events/settings';
import type { OldAddress } from './claims.js';
import type { Asked } from './rows.js';
import type { Way } from './who-is.js';

/** TCP ports at which almost every printer listens, or says that it does not. */
const doorsOfPrinters = [80, 443, 631] as const;
/** Pauses between the tries of a silent address: four tries of 10 s and these are less than a run may take. */
const pausesOf = [2_000, 10_000, 30_000] as const;

export interface Asking {
  readonly ways: readonly Way[];
  /** Knocked at, and never sent a byte. */
  readonly doors?: readonly number[];
  readonly silentAgainMs?: readonly number[];
}

export interface Whom extends Asked {
  readonly settings: Settings;
  /** From 1. */
  readonly attempt: number;
  /** What may pass is tried again later. */
  readonly mayComeAgain: boolean;
}

/**
 * Silent only when nothing answers at any try, or clearly another device: whatever else is there, a closed port too, is taken
 * for the old one until an operator decides. Throws for what may pass, and whenever this machine itself could not ask.
 */
export async function askOldAddress(on: Asking, whom: Whom, signal: AbortSignal): Promise<OldAddress> {
  const { device, settings, attempt, mayComeAgain } = whom;
  const address = device.identity.ip;
  if (!mayConnect(address, settings.deviceNetworks, ownAddresses())) return 'outsideNetworks';
  for (const pauseMs of [...(on.silentAgainMs ?? pausesOf), null]) {
    const heard = await askOnce(on, whom, signal);
    const who = whoSays(heard, whom);
    if (who) return who;
    if (
      mayComeAgain &&
      heard.said.some(({ said }) => said.kind !== 'answered' && isWorthAgain(said, attempt))
    )
      throw new Error(`the old address ${address} answers what cannot be understood: ${reasonsIn(heard)}`);
    if (isAlive(heard)) return 'answers';
    if (isUnasked(heard))
      throw new Error(`the old address ${address} could not be asked: ${reasonsIn(heard)}`);
    if (pauseMs !== null) await delay(pauseMs, undefined, { signal });
  }
  return 'silent';
}

interface Word {
  readonly way: Way;
  readonly said: Outcome<Identified>;
}

interface Heard {
  readonly said: readonly Word[];
  readonly knocks: readonly Knock[];
}

/** All at once: of a device that is gone each costs its whole time. */
async function askOnce(on: Asking, { device, settings }: Whom, signal: AbortSignal): Promise<Heard> {
  const { ways, doors = doorsOfPrinters } = on;
  const address = device.identity.ip;
  const asked = ways.filter((way) => way.missing(settings) === null);
  const [said, knocks] = await Promise.all([
    Promise.all(asked.map(async (way) => ({ way, said: await way.ask(address, settings, signal) }))),
    Promise.all(doors.map((port) => knock({ address, port }, signal))),
  ]);
  return { said, knocks };
}

/** Null: nobody says who it is. Who shows the certificate of the device is not taken for another one. */
function whoSays({ said }: Heard, { device, pinned }: Whom): OldAddress | null {
  const all = said.flatMap(({ said: one }) => (one.kind === 'answered' ? [one.value] : []));
  const itself = all.find(({ identity }) => identity.serial === device.identity.serial);
  if (itself) return { says: itself.identity };
  if (all.length === 0) return null;
  return all.some(({ fingerprint }) => fingerprint !== null && fingerprint === pinned) ? 'answers' : 'silent';
}

/** A question by SNMP that gets no answer says nothing: of another community there is none either. */
const isAlive = ({ said, knocks }: Heard): boolean =>
  said.some(({ said: one }) => one.kind !== 'unreachable' || one.host === 'alive') ||
  knocks.some(({ kind }) => kind === 'open' || kind === 'refused');

const isUnasked = ({ said, knocks }: Heard): boolean =>
  said.some(
    ({ way, said: one }) => way.way !== 'snmp' && one.kind === 'unreachable' && one.host === 'unknown',
  ) || knocks.some(({ kind }) => kind === 'unasked');

const reasonsIn = ({ said, knocks }: Heard): string =>
  [
    ...said.flatMap(({ way, said: one }) => (one.kind === 'answered' ? [] : [`${way.name}: ${one.reason}`])),
    ...knocks.flatMap((one) => (one.kind === 'unasked' ? [one.reason] : [])),
  ].join('; ');
