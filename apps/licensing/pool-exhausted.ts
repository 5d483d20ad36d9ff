// What happens when a licence pool is exhausted: the device is kept and waits (R41). As soon as seats are freed or added,
// those that wait longest get them, and the chain goes on for them as if they had just announced.
import type { Decision } from '#bus/consumer';
import { deviceLicensed, deviceUnlicensed, type Trigger } from '#events/device';
import type { Draft } from '#events/event';
import { evolve, freePool, type Change, type Device, type Fact, type Pool, type Seats } from './seats.js';

/** No seat is left for the device: it waits, in the order of its arrival, and operators are told. */
export function keepWaiting(device: Omit<Device, 'pool'>, fact: Fact, cause: Cause): Outcome {
  const { trigger, reason } = cause;
  return {
    device: { ...device, pool: null, fact },
    event: deviceUnlicensed.draft({ ...told(device.id, fact), trigger, reason }),
  };
}

/** Seats for those that wait longest, as far as seats and the loaded list go. Evolves `seats`. */
export function seatWaiting(seats: Seats): Decision<Change> {
  const changes: Change[] = [];
  const events: Draft[] = [];
  for (const device of [...seats.waiting]) {
    const pool = freePool(seats);
    if (pool === null) break;
    if (device.fact === null) continue;
    const trigger = device.fact.found === true ? 'discovered' : 'seatFreed';
    const outcome = takeSeat(device, device.fact, { pool, trigger });
    const change: Change = { kind: 'device', before: device, after: outcome.device };
    changes.push(change);
    events.push(outcome.event);
    evolve(seats, change);
  }
  return { changes, events };
}

/** The device holds a seat of `pool`; what waited with it waits no longer. */
export function takeSeat(
  device: Device,
  fact: Fact,
  by: { readonly pool: Pool; readonly trigger: Trigger },
): Outcome {
  return {
    device: { ...device, pool: by.pool.id, fact: { ...fact, announcements: [], fresh: false } },
    event: deviceLicensed.draft({
      ...told(device.id, fact),
      trigger: by.trigger,
      pool: by.pool.id,
      fresh: fact.fresh,
      ...(fact.proof && { proof: fact.proof }),
    }),
  };
}

interface Cause {
  readonly trigger: Trigger | 'withdrawn';
  readonly reason: 'poolExhausted' | 'licenceExpired';
}

/** One device as it is from now on, and what is said of it. */
interface Outcome {
  readonly device: Device;
  readonly event: Draft;
}

const told = (deviceId: string, { identity, fingerprint, announcements }: Fact) => ({
  deviceId,
  identity,
  fingerprint,
  announcements: [...announcements],
});
