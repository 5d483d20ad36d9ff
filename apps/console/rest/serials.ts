// The serial-number list: entries that wait for their devices.
import { Body, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import * as z from 'zod';
import { serialNumber } from '#events/identity';
import { PARTS, type StoredParts } from '#runtime/service';
import { readSerials, Serials } from '../documents/serials.js';
import { containing, pageOf, pageQuery, Resource, type PageQuery } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const one = z.strictObject({ serial: serialNumber });

@Resource('serials')
export class SerialsController {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts,
    private readonly serials: Serials,
  ) {}

  @Get()
  @Needs('viewer')
  async list(@Query({ schema: pageQuery }) { search, limit, after }: PageQuery) {
    const { store } = this.parts;
    const matching = 'discovered_at is null and lower(serial) like $1';
    const rows = await store.query<{ serial: string }>(
      `select serial, added_by as "addedBy", added_at as "addedAt" from console.serial
       where ${matching} and serial > $2 order by serial limit $3`,
      [containing(search), after, limit + 1],
    );
    const [counted] = await store.query<{ total: number }>(
      `select count(*) as total from console.serial where ${matching}`,
      [containing(search)],
    );
    return pageOf(rows, {
      limit,
      total: counted?.total ?? 0,
      item: (row) => row,
      next: ({ serial }) => serial,
    });
  }

  @Post()
  @Needs('operator')
  add(@Body({ schema: one }) { serial }: z.infer<typeof one>, @Who() by: Caller) {
    return this.serials.add([serial], by);
  }

  /** All or nothing. */
  @Post('import')
  @HttpCode(200)
  @Needs('operator')
  @ApiConsumes('text/plain')
  @ApiBody({
    schema: { type: 'string', description: 'Serial numbers, one a line: at most 100,000 lines, 5 MB' },
  })
  import(@Body() text: unknown, @Who() by: Caller) {
    if (typeof text !== 'string')
      throw new Refusal('invalid', 'Send the list as text/plain, one serial number a line.');
    return this.serials.add(readSerials(text), by);
  }

  @Delete(':serial')
  @HttpCode(204)
  @Needs('operator')
  remove(@Param('serial', { schema: serialNumber }) serial: string, @Who() by: Caller): Promise<void> {
    return this.serials.remove(serial, by);
  }
}
