// Devices that wait for approval: list, admit, refuse.
import { Body, Get, HttpCode, Post, Query } from '@nestjs/common';
import * as z from 'zod';
import { pageQuery, Resource } from '../http/resource.js';
import { decisions, type Decisions } from '../quarantine/decisions.js';
import { heldStates } from '../../../libs/answers/announcements.js';
import { Quarantine } from '../quarantine/quarantine.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const query = pageQuery.pick({ search: true, limit: true }).extend({
  state: z.enum(heldStates).default('held'),
  contested: z.literal('true').optional(),
  after: z.coerce.number().int().positive().optional(),
});

@Resource('quarantine')
export class QuarantineController {
  constructor(private readonly quarantine: Quarantine) {}

  /**
   * Newest first. `contested`: only serial numbers that several parties announced. `upTo`, sent with a decision, leaves alone
   * who came or changed since.
   */
  @Get()
  @Needs('viewer')
  list(@Query({ schema: query }) asked: z.infer<typeof query>) {
    return this.quarantine.list(asked);
  }

  /**
   * Admits or refuses: in steps, each a transaction. The answer tells how many it asked for and how many are left; while some
   * are, send the same again with the answer's `upTo`. `changed` counts those named of whom something else waits by now than was
   * seen: look at them again. `leftOut` counts serial numbers that match and that several parties announced, and says why they
   * were left out: decide about each of them by `seen`. Who was refused may be admitted later.
   */
  @Post()
  @HttpCode(202)
  @Needs('operator')
  decide(@Body({ schema: decisions }) asked: Decisions, @Who() caller: Caller) {
    return this.quarantine.decide(asked, caller);
  }
}
