// Seats: who may be assessed (R40-R42).
//
//   licensing.ts        the service
//   consumer.ts         load, decide, save
//   allot.ts            the rules: who gets a seat, who frees one
//   pool-exhausted.ts   what happens when no seat is left, and when one comes free again
//   seats.ts            the state that the rules look at, and how a change changes it
//   rows.ts             that state in SQL
//   first-count.ts      how many seats there are, before anything happened
//   sweep.ts            what no event brings: licences that lapse, long queues of waiting devices
import { repeat } from '#runtime/repeat';
import type { StoredService } from '#runtime/service';
import { seats } from './consumer.js';
import { tellFirstCount } from './first-count.js';
import { sweep } from './sweep.js';

const sweepEveryMs = 5_000;

export const licensing: StoredService = {
  name: 'licensing',
  config: () => null,
  consumers: [seats],
  start: async ({ store, bus, log }) => {
    await tellFirstCount(store, bus);
    return repeat({ name: 'sweep of seats', everyMs: sweepEveryMs, work: () => sweep(store, bus), log });
  },
};
