// Every service of Muster. The only place where apps are imported together.
import { topologyOf, type Topology } from '#bus/topology';
import { catalogue } from '#events/catalogue';
import type { Service } from '#runtime/service';
import { assessment } from '../assessment/assessment.js';
import { autogroup } from '../autogroup/autogroup.js';
import { console } from '../console/console.js';
import { discovery } from '../discovery/discovery.js';
import { forwarding } from '../forwarding/forwarding.js';
import { gateway } from '../gateway/gateway.js';
import { licensing } from '../licensing/licensing.js';

/** The gateway last: it lets devices in when the others can take them. */
export const services = [
  console,
  discovery,
  licensing,
  autogroup,
  assessment,
  forwarding,
  gateway,
] as readonly Service[];

/** Schemas to migrate: one for each service with a database. */
export const schemas: readonly string[] = services
  .filter((service) => service.stored !== false)
  .map(({ name }) => name);

/** Who publishes, who hears and who reads what. */
export const topology: Topology = topologyOf(
  catalogue.values(),
  services.map((service) => ({
    service: service.name,
    on: service.stored === false ? [] : service.consumers.flatMap(({ on }) => on),
  })),
);
