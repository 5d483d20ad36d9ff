// Trust sets (R82, R83): whom to trust. Written by administrators, as who may announce follows from them.
import { Body, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import * as z from 'zod';
import { slug } from '#events/document';
import { trustSetBody, trustSetChanged } from '#events/trust-set';
import { Documents } from '../documents/documents.js';
import { everyField } from '../documents/every-field.js';
import { versionsQuery, type VersionsQuery } from '../documents/versions.js';
import { Resource, wholeList } from '../http/resource.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const put = z.strictObject({ version: z.int().nonnegative(), body: everyField(trustSetBody) });

@Resource('trust-sets')
export class TrustSetsController {
  constructor(private readonly documents: Documents) {}

  @Get()
  @Needs('viewer')
  async list() {
    return wholeList(await this.documents.all(trustSetChanged));
  }

  @Get(':id')
  @Needs('viewer')
  read(@Param('id', { schema: slug }) id: string) {
    return this.documents.one(trustSetChanged, id);
  }

  @Get(':id/versions')
  @Needs('viewer')
  versions(
    @Param('id', { schema: slug }) id: string,
    @Query({ schema: versionsQuery }) query: VersionsQuery,
  ) {
    return this.documents.versions(trustSetChanged, id, query);
  }

  @Put(':id')
  @Needs('admin')
  write(
    @Param('id', { schema: slug }) id: string,
    @Body({ schema: put }) { version, body }: z.infer<typeof put>,
    @Who() by: Caller,
  ) {
    return this.documents.save(trustSetChanged, { id, version, body, by });
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('admin')
  remove(@Param('id', { schema: slug }) id: string, @Who() by: Caller): Promise<void> {
    return this.documents.remove(trustSetChanged, id, by);
  }
}
