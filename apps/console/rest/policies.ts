// Policies: named sets of settings with required values.
import { Body, Delete, Get, HttpCode, Param, Post, Put, Query, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiProduces } from '@nestjs/swagger';
import * as z from 'zod';
import { slug } from '#events/document';
import { policyBody, policyChanged } from '#events/policy';
import { Documents } from '../documents/documents.js';
import { everyField } from '../../../libs/documents/every-field.js';
import { PolicyFiles } from '../documents/policy-files.js';
import { versionsQuery, type VersionsQuery } from '../documents/versions.js';
import { Resource, wholeList } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const put = z.strictObject({ version: z.int().nonnegative(), body: everyField(policyBody) });
const importing = z.object({ dryRun: z.enum(['true', 'false']).default('false') });
const versionNumber = z.coerce.number().int().nonnegative().max(2_147_483_647).optional();
const versions = z.object({ from: versionNumber, to: versionNumber });

@Resource('policies')
export class PoliciesController {
  constructor(
    private readonly documents: Documents,
    private readonly files: PolicyFiles,
  ) {}

  @Get()
  @Needs('viewer')
  async list() {
    return wholeList(await this.documents.all(policyChanged));
  }

  @Get(':id')
  @Needs('viewer')
  read(@Param('id', { schema: slug }) id: string) {
    return this.documents.one(policyChanged, id);
  }

  @Get(':id/versions')
  @Needs('viewer')
  versions(
    @Param('id', { schema: slug }) id: string,
    @Query({ schema: versionsQuery }) query: VersionsQuery,
  ) {
    return this.documents.versions(policyChanged, id, query);
  }

  /** What changed between two versions, in words; without them, with the newest one. */
  @Get(':id/diff')
  @Needs('viewer')
  diff(
    @Param('id', { schema: slug }) id: string,
    @Query({ schema: versions }) { from, to }: z.infer<typeof versions>,
  ) {
    return this.files.difference(id, { from: from ?? null, to: to ?? null });
  }

  /** As a file that an import takes back. */
  @Get(':id/yaml')
  @Needs('viewer')
  @ApiProduces('application/yaml')
  async export(@Param('id', { schema: slug }) id: string): Promise<StreamableFile> {
    return new StreamableFile(Buffer.from(await this.files.export(id)), {
      type: 'application/yaml; charset=utf-8',
      disposition: `attachment; filename="${id}.yaml"`,
    });
  }

  /** The policy that the file names is made, or becomes what the file says; `dryRun` only tells what would change. */
  @Post('import')
  @HttpCode(200)
  @Needs('operator')
  @ApiConsumes('application/yaml', 'text/plain')
  @ApiBody({ schema: { type: 'string', description: 'A policy as GET /api/policies/{id}/yaml answers it' } })
  import(
    @Body() text: unknown,
    @Query({ schema: importing }) { dryRun }: z.infer<typeof importing>,
    @Who() by: Caller,
  ) {
    if (typeof text !== 'string')
      throw new Refusal('invalid', 'Send the policy as application/yaml or text/plain.');
    return this.files.import(text, by, dryRun === 'true');
  }

  @Put(':id')
  @Needs('operator')
  write(
    @Param('id', { schema: slug }) id: string,
    @Body({ schema: put }) { version, body }: z.infer<typeof put>,
    @Who() by: Caller,
  ) {
    return this.documents.save(policyChanged, { id, version, body, by });
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('operator')
  remove(@Param('id', { schema: slug }) id: string, @Who() by: Caller): Promise<void> {
    return this.documents.remove(policyChanged, id, by);
  }
}
