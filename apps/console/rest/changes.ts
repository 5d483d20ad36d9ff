// What Muster changed on a device: list, put back; and stop what is under way.
import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import * as z from 'zod';
import type { Asked } from '#answers/devices';
import { Assessing } from '../assessing/assessing.js';
import { changedQuery, type ChangedQuery } from '../assessing/changed.js';
import { Resource } from '../http/resource.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const deviceId = z.uuid();
const undo = z.strictObject({ taskId: z.uuid() });

@Resource('devices')
export class ChangesController {
  constructor(private readonly assessing: Assessing) {}

  /** By whole tasks, the newest first: `limit` counts tasks. `undoneBy` names the task that has put a change back. */
  @Get(':id/changes')
  @Needs('viewer')
  list(@Param('id', { schema: deviceId }) id: string, @Query({ schema: changedQuery }) query: ChangedQuery) {
    return this.assessing.changes(id, query);
  }

  /** Writes back what the settings were before that task, where the device still says what it had written. */
  @Post(':id/undo')
  @HttpCode(202)
  @Needs('operator')
  async undo(
    @Param('id', { schema: deviceId }) id: string,
    @Body({ schema: undo }) { taskId }: z.infer<typeof undo>,
    @Who() caller: Caller,
  ): Promise<Asked> {
    return this.assessing.undo(id, taskId, caller);
  }

  /**
   * Ends what waits for it, and tells what runs to stop: nothing more is written to it. 409: nothing of it is known to run or to wait;
   * what was asked for in that moment ends all the same.
   */
  @Post(':id/cancel')
  @HttpCode(202)
  @Needs('operator')
  async cancel(@Param('id', { schema: deviceId }) id: string, @Who() caller: Caller): Promise<object> {
    await this.assessing.cancel(id, caller);
    return {};
  }
}
