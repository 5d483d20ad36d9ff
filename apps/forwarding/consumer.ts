// Copies on the bus: load, decide, save.
import { consumer } from '#bus/consumer';
import { deviceDiscovered, deviceReconciled } from '#events/device';
import { listenerChanged } from '#events/listener';
import { edgeConfigured } from '#events/settings';
import { decide, evolve, type Change, type Copies, type Heard } from './copy.js';
import { loadCopies, saveCopies } from './rows.js';

export const copies = consumer<Copies, Change, Heard>({
  name: 'forwarding.copies',
  on: [deviceDiscovered, deviceReconciled, listenerChanged, edgeConfigured],
  load: loadCopies,
  decide,
  evolve,
  save: saveCopies,
});
