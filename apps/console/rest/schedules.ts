// Schedules of assessments, and their runs (R63).
import { Body, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import * as z from 'zod';
import { slug } from '#events/document';
import { scheduleBody, scheduleChanged } from '#events/schedule';
import { Documents } from '../documents/documents.js';
import { everyField } from '../../../libs/documents/every-field.js';
import { versionsQuery, type VersionsQuery } from '../documents/versions.js';
import { pageQuery, Resource, wholeList } from '../http/resource.js';
import { Schedules } from '../schedules/schedules.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const put = z.strictObject({ version: z.int().nonnegative(), body: everyField(scheduleBody) });

@Resource('schedules')
export class SchedulesController {
  constructor(
    private readonly documents: Documents,
    private readonly schedules: Schedules,
  ) {}

  /** Each with when it runs next, and how its newest run goes. */
  @Get()
  @Needs('viewer')
  async list() {
    return wholeList(await this.schedules.all());
  }

  @Get(':id')
  @Needs('viewer')
  read(@Param('id', { schema: slug }) id: string) {
    return this.schedules.one(id);
  }

  @Get(':id/versions')
  @Needs('viewer')
  versions(
    @Param('id', { schema: slug }) id: string,
    @Query({ schema: versionsQuery }) query: VersionsQuery,
  ) {
    return this.documents.versions(scheduleChanged, id, query);
  }

  @Put(':id')
  @Needs('operator')
  async write(
    @Param('id', { schema: slug }) id: string,
    @Body({ schema: put }) { version, body }: z.infer<typeof put>,
    @Who() by: Caller,
  ) {
    await this.documents.save(scheduleChanged, { id, version, body, by });
    return this.schedules.one(id);
  }

  /** A run of it that goes on, goes on. */
  @Delete(':id')
  @HttpCode(204)
  @Needs('operator')
  remove(@Param('id', { schema: slug }) id: string, @Who() by: Caller): Promise<void> {
    return this.documents.remove(scheduleChanged, id, by);
  }

  /** Now, whatever its times are. */
  @Post(':id/run')
  @HttpCode(202)
  @Needs('operator')
  async run(@Param('id', { schema: slug }) id: string, @Who() by: Caller) {
    return { runId: await this.schedules.start(id, by) };
  }
}

const after = z.coerce.number().int().positive().optional();
const runsQuery = pageQuery.pick({ limit: true }).extend({ after, schedule: slug.optional() });
const runId = z.uuid();

@Resource('runs')
export class RunsController {
  constructor(private readonly schedules: Schedules) {}

  /** Newest first, of one schedule or of all. */
  @Get()
  @Needs('viewer')
  list(@Query({ schema: runsQuery }) { limit, after: before, schedule }: z.infer<typeof runsQuery>) {
    return this.schedules.runs({ scheduleId: schedule ?? null, limit, after: before ?? null });
  }

  @Get(':id')
  @Needs('viewer')
  read(@Param('id', { schema: runId }) id: string) {
    return this.schedules.run(id);
  }

  /** Nothing more is written to any of its devices; what waits is asked no more. */
  @Post(':id/cancel')
  @HttpCode(202)
  @Needs('operator')
  cancel(@Param('id', { schema: runId }) id: string, @Who() by: Caller) {
    return this.schedules.cancel(id, by);
  }
}
