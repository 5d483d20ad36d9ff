// Seats on the bus: load, decide, save.
import { consumer } from '#bus/consumer';
import { deviceDiscovered, deviceReconciled, deviceRetired } from '#events/device';
import { licenceChanged } from '#events/licence';
import { allot, type Heard } from './allot.js';
import { loadSeats, saveSeats } from './rows.js';
import { evolve, type Change, type Seats } from './seats.js';

export const seats = consumer<Seats, Change, Heard>({
  name: 'licensing.seats',
  on: [deviceDiscovered, deviceReconciled, deviceRetired, licenceChanged],
  load: (tx, events) =>
    loadSeats(tx, {
      deviceIds: events.flatMap(({ data }) => ('deviceId' in data ? [data.deviceId] : [])),
      withWaiting: events.some((event) => deviceRetired.is(event) || licenceChanged.is(event)),
    }),
  decide: allot,
  evolve,
  save: saveSeats,
});
