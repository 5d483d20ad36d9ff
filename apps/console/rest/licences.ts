// Licence files: installed by their text, after their signature was verified.
import { Body, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import { LicenceRefused, verifyLicence } from '#documents/licence';
import { slug } from '#events/document';
import { licenceChanged } from '#events/licence';
import { PARTS, type StoredParts } from '#runtime/service';
import type { ConsoleConfig } from '../config.js';
import { Documents } from '../documents/documents.js';
import { versionsQuery, type VersionsQuery } from '../documents/versions.js';
import { Resource, wholeList } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

@Resource('licences')
export class LicencesController {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts<ConsoleConfig>,
    private readonly documents: Documents,
  ) {}

  @Get()
  @Needs('viewer')
  async list() {
    return wholeList(await this.documents.all(licenceChanged));
  }

  @Post()
  @Needs('admin')
  @ApiConsumes('text/plain')
  @ApiBody({ schema: { type: 'string', description: 'Text of the licence file' } })
  install(@Body() file: unknown, @Who() by: Caller) {
    const text = typeof file === 'string' ? file : JSON.stringify(file ?? '');
    const { id, customer, seats, expiresAt, graceDays } = this.#verified(text);
    const body = { customer, seats, expiresAt, graceDays };
    return this.documents.save(licenceChanged, { id, version: null, body, by });
  }

  @Get(':id/versions')
  @Needs('viewer')
  versions(
    @Param('id', { schema: slug }) id: string,
    @Query({ schema: versionsQuery }) query: VersionsQuery,
  ) {
    return this.documents.versions(licenceChanged, id, query);
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('admin')
  remove(@Param('id', { schema: slug }) id: string, @Who() by: Caller): Promise<void> {
    return this.documents.remove(licenceChanged, id, by);
  }

  #verified(text: string) {
    try {
      return verifyLicence(text, this.parts.config.licenceSigners, new Date());
    } catch (error) {
      if (error instanceof LicenceRefused) throw new Refusal('invalid', error.message);
      throw error;
    }
  }
}
