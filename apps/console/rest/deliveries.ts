// Dead letters: events that a service gave up, waiting for a person.
import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import * as z from 'zod';
import { DeadDeliveries, decision, decisions, type Decisions, type Verdict } from '../deliveries/dead.js';
import { consumerName, filterQuery } from '../deliveries/filter.js';
import { pageQuery, Resource, wholeList } from '../http/resource.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const query = filterQuery.extend({
  limit: pageQuery.shape.limit,
  after: z.coerce.number().int().positive().optional(),
  upTo: z.coerce.number().int().nonnegative().optional(),
});

@Resource('deliveries')
export class DeliveriesController {
  constructor(private readonly dead: DeadDeliveries) {}

  /** Those that match every condition, newest first. `upTo`, sent with a decision, leaves alone what was given up since. */
  @Get()
  @Needs('viewer')
  list(@Query({ schema: query }) { limit, after, upTo, ...filter }: z.infer<typeof query>) {
    return this.dead.list(filter, { limit, after, upTo });
  }

  /** Of which consumers and types of events there are some, and how many. */
  @Get('kinds')
  @Needs('viewer')
  async kinds() {
    return wholeList(await this.dead.kinds());
  }

  /** One, with the event itself. */
  @Get(':consumer/:eventId')
  @Needs('viewer')
  one(
    @Param('consumer', { schema: consumerName }) consumer: string,
    @Param('eventId', { schema: z.uuid() }) eventId: string,
  ) {
    return this.dead.one({ consumer, eventId });
  }

  /**
   * Replays or drops many: in steps, each a transaction. The answer tells how many it did and how many are left; while some
   * are, send the same again with the answer's `upTo`.
   */
  @Post()
  @HttpCode(202)
  @Needs('operator')
  decideMany(@Body({ schema: decisions }) asked: Decisions, @Who() caller: Caller) {
    return this.dead.decideMany(asked, caller);
  }

  /** It leaves the list; should it die again, it comes back. */
  @Post(':consumer/:eventId')
  @HttpCode(202)
  @Needs('operator')
  async decide(
    @Param('consumer', { schema: consumerName }) consumer: string,
    @Param('eventId', { schema: z.uuid() }) eventId: string,
    @Body({ schema: decision }) verdict: Verdict,
    @Who() caller: Caller,
  ): Promise<object> {
    await this.dead.decide({ consumer, eventId }, verdict, caller);
    return { done: 1 };
  }
}
