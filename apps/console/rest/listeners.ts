// Secondary listeners, and how they fare.
import { Body, Delete, Get, HttpCode, Inject, Param, Put, Query } from '@nestjs/common';
import * as z from 'zod';
import { slug } from '#events/document';
import { listenerBody, listenerChanged } from '#events/listener';
import { PARTS, type StoredParts } from '#runtime/service';
import { Documents } from '../documents/documents.js';
import { everyField } from '../../../libs/documents/every-field.js';
import { versionsQuery, type VersionsQuery } from '../documents/versions.js';
import { Resource, wholeList } from '../http/resource.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const put = z.strictObject({ version: z.int().nonnegative(), body: everyField(listenerBody) });

@Resource('listeners')
export class ListenersController {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts,
    private readonly documents: Documents,
  ) {}

  @Get()
  @Needs('viewer')
  async list() {
    return wholeList(await this.#withReports());
  }

  @Get(':id')
  @Needs('viewer')
  async read(@Param('id', { schema: slug }) id: string) {
    const document = await this.documents.one(listenerChanged, id);
    return { ...document, report: (await this.#reports()).get(id) ?? null };
  }

  @Get(':id/versions')
  @Needs('viewer')
  versions(
    @Param('id', { schema: slug }) id: string,
    @Query({ schema: versionsQuery }) query: VersionsQuery,
  ) {
    return this.documents.versions(listenerChanged, id, query);
  }

  @Put(':id')
  @Needs('operator')
  write(
    @Param('id', { schema: slug }) id: string,
    @Body({ schema: put }) { version, body }: z.infer<typeof put>,
    @Who() by: Caller,
  ) {
    return this.documents.save(listenerChanged, { id, version, body, by });
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('operator')
  remove(@Param('id', { schema: slug }) id: string, @Who() by: Caller): Promise<void> {
    return this.documents.remove(listenerChanged, id, by);
  }

  async #withReports() {
    const documents = await this.documents.all(listenerChanged);
    const reports = await this.#reports();
    return documents.map((document) => ({ ...document, report: reports.get(document.id) ?? null }));
  }

  async #reports(): Promise<ReadonlyMap<string, object>> {
    const rows = await this.parts.store.query<{ subject: string; body: object }>(
      `select subject, body - 'listenerId' as body from console.report where subject like 'listener:%'`,
    );
    return new Map(rows.map(({ subject, body }) => [subject.slice('listener:'.length), body]));
  }
}
