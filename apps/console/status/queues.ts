// Every queue of Muster's own.
import { queuesOf } from '#bus/topology';
import { serviceNames } from '#events/service';

/** The gateway reads none. */
export const serviceQueues: readonly string[] = serviceNames
  .filter((name) => name !== 'gateway')
  .flatMap(queuesOf);
