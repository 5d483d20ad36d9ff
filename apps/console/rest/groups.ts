// Groups of devices, and which devices a filter would find.
import { Body, Delete, Get, HttpCode, Post, Param, Put, Query } from '@nestjs/common';
import * as z from 'zod';
import type { Asked } from '#answers/devices';
import { slug } from '#events/document';
import { filter, groupBody, groupChanged } from '#events/group';
import { Assessing } from '../assessing/assessing.js';
import { wanted, type Wanted } from '../assessing/wanted.js';
import { Devices } from '../projection/devices.js';
import { Documents } from '../documents/documents.js';
import { everyField } from '../../../libs/documents/every-field.js';
import { filterFaults } from '../documents/faults.js';
import { versionsQuery, type VersionsQuery } from '../documents/versions.js';
import { pageQuery, Resource, wholeList } from '../http/resource.js';
import { Refusal, sentence } from '../refusal.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const put = z.strictObject({ version: z.int().nonnegative(), body: everyField(groupBody) });
const dryRuns = pageQuery.pick({ limit: true, after: true });
const preview = z.strictObject({ filter });
const undo = z.strictObject({ since: z.iso.datetime({ offset: true }) });

@Resource('groups')
export class GroupsController {
  constructor(
    private readonly documents: Documents,
    private readonly devices: Devices,
    private readonly assessing: Assessing,
  ) {}

  @Get()
  @Needs('viewer')
  async list() {
    return wholeList(await this.documents.all(groupChanged));
  }

  @Get(':id')
  @Needs('viewer')
  read(@Param('id', { schema: slug }) id: string) {
    return this.documents.one(groupChanged, id);
  }

  @Get(':id/versions')
  @Needs('viewer')
  versions(
    @Param('id', { schema: slug }) id: string,
    @Query({ schema: versionsQuery }) query: VersionsQuery,
  ) {
    return this.documents.versions(groupChanged, id, query);
  }

  @Put(':id')
  @Needs('operator')
  write(
    @Param('id', { schema: slug }) id: string,
    @Body({ schema: put }) { version, body }: z.infer<typeof put>,
    @Who() by: Caller,
  ) {
    return this.documents.save(groupChanged, { id, version, body, by });
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('operator')
  remove(@Param('id', { schema: slug }) id: string, @Who() by: Caller): Promise<void> {
    return this.documents.remove(groupChanged, id, by);
  }

  /** Each device that is in it now, as if it were asked for alone. */
  @Post(':id/assess')
  @HttpCode(202)
  @Needs('operator')
  async assess(
    @Param('id', { schema: slug }) id: string,
    @Body({ schema: wanted }) asked: Wanted,
    @Who() by: Caller,
  ): Promise<Asked> {
    return this.assessing.group(id, asked, by);
  }

  /** What its devices were changed since then is put back, as if it were asked for one by one; the newest 20 tasks of each. */
  @Post(':id/undo')
  @HttpCode(202)
  @Needs('operator')
  async undo(
    @Param('id', { schema: slug }) id: string,
    @Body({ schema: undo }) { since }: z.infer<typeof undo>,
    @Who() by: Caller,
  ): Promise<Asked> {
    return this.assessing.undoGroup(id, new Date(since), by);
  }

  /** Stops what runs or waits for each of its devices, as if it were asked of each alone: `devices`, how many had something. */
  @Post(':id/cancel')
  @HttpCode(202)
  @Needs('operator')
  async cancel(@Param('id', { schema: slug }) id: string, @Who() by: Caller): Promise<object> {
    return { devices: await this.assessing.cancelGroup(id, by) };
  }

  /** What the newest dry run of each of its devices would change. */
  @Get(':id/dry-runs')
  @Needs('viewer')
  dryRuns(
    @Param('id', { schema: slug }) id: string,
    @Query({ schema: dryRuns }) query: z.infer<typeof dryRuns>,
  ) {
    return this.assessing.dryRuns(id, query);
  }

  /** Reads only: which devices it would have now. */
  @Post('preview')
  @HttpCode(200)
  @Needs('viewer')
  preview(@Body({ schema: preview }) body: z.infer<typeof preview>) {
    const faults = filterFaults(body.filter, 'filter');
    if (faults.length > 0) throw new Refusal('invalid', sentence(faults), faults);
    return this.devices.matching(body.filter);
  }
}
