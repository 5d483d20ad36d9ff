// Trust sets (R82, R83): whom to trust. Written by administrators, as who may announce follows from them.
import { X509Certificate } from 'node:crypto';
import { Body, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import * as z from 'zod';
import { slug } from '#events/document';
import { trustSetBody, trustSetChanged, type TrustSet } from '#events/trust-set';
import { authoritiesIn } from '#pki/authorities';
import { subjectOf } from '#pki/certificate';
import { restricted } from '#pki/trust-set';
import { Documents } from '../documents/documents.js';
import { everyField } from '../../../libs/documents/every-field.js';
import { versionsQuery, type VersionsQuery } from '../documents/versions.js';
import { Resource, wholeList } from '../http/resource.js';
import { Needs, Who } from '../who/access.js';
import type { Written } from '../documents/written.js';
import type { Caller } from '../who/caller.js';

const put = z.strictObject({ version: z.int().nonnegative(), body: everyField(trustSetBody) });

@Resource('trust-sets')
export class TrustSetsController {
  constructor(private readonly documents: Documents) {}

  @Get()
  @Needs('viewer')
  async list() {
    return wholeList((await this.documents.all(trustSetChanged)).map(shown));
  }

  @Get(':id')
  @Needs('viewer')
  async read(@Param('id', { schema: slug }) id: string) {
    return shown(await this.documents.one(trustSetChanged, id));
  }

  @Get(':id/versions')
  @Needs('viewer')
  versions(
    @Param('id', { schema: slug }) id: string,
    @Query({ schema: versionsQuery }) query: VersionsQuery,
  ) {
    return this.documents.versions(trustSetChanged, id, query);
  }

  /** Of a bundle is kept what can be trusted; the answer says what was dropped, and why. */
  @Put(':id')
  @Needs('admin')
  async write(
    @Param('id', { schema: slug }) id: string,
    @Body({ schema: put }) { version, body }: z.infer<typeof put>,
    @Who() by: Caller,
  ) {
    const { dropped, ...kept } =
      body.kind === 'bundle' ? restricted(body.authorities, new Date()) : { dropped: [] };
    const saved = await this.documents.save(trustSetChanged, { id, version, body: { ...body, ...kept }, by });
    return { ...shown(saved), dropped };
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('admin')
  remove(@Param('id', { schema: slug }) id: string, @Who() by: Caller): Promise<void> {
    return this.documents.remove(trustSetChanged, id, by);
  }
}

/** With what is in it: nobody reads PEM. It was read when it was saved. */
const shown = (document: Written<TrustSet>) => ({
  ...document,
  certificates: authoritiesIn(document.body.authorities).map((pem) => {
    const certificate = new X509Certificate(pem);
    return { subject: subjectOf(certificate), until: certificate.validToDate.toISOString() };
  }),
});
