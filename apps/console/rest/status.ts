// Where every event is, and how each process fares: for an operator's glance, and for `muster status`.
import { Get, Inject } from '@nestjs/common';
import { deadLetters } from '#bus/topology';
import type { ServiceReport } from '#events/service';
import { PARTS, type StoredParts } from '#runtime/service';
import { deadByConsumer } from '../deliveries/dead.js';
import { Resource } from '../http/resource.js';
import { Authority } from '../trust/authority.js';
import { endingsOf } from '../trust/endings.js';
import { inWords } from '../trust/expiry.js';
import { serviceQueues } from '../status/queues.js';
import { statusOf, type Status } from '../status/status.js';
import { Needs } from '../who/access.js';

@Resource('status')
export class StatusController {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts,
    private readonly authority: Authority,
  ) {}

  @Get()
  @Needs('viewer')
  async read(): Promise<Status> {
    const { store, bus, instance } = this.parts;
    // In one process nobody but this instance can be alive.
    const only = store.database.single ? instance : null;
    const heard = await store.query<{
      service: string;
      instance: string;
      heardAt: Date;
      body: ServiceReport;
      now: Date;
    }>(
      `select service, instance, heard_at as "heardAt", body, now() as now from console.instance
       where $1::text is null or instance = $1 order by service, instance limit 1000`,
      [only],
    );
    const now = heard[0]?.now ?? new Date();
    const dead = await deadByConsumer(store);
    const queues = await bus.loads([...serviceQueues, deadLetters]);
    const ending = await store.transaction((tx) => endingsOf(tx, only, now));
    const { heardAt: authorityHeardAt } = await this.authority.read();
    const endings = ending.map(inWords);
    return statusOf({ now, heard, queues, bus: bus.status(), dead, authorityHeardAt, endings });
  }
}
