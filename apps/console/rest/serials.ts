// The serial-number list: entries that wait for their devices, and the whole filter table.
import { Readable } from 'node:stream';
import { Body, Delete, Get, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiProduces } from '@nestjs/swagger';
import * as z from 'zod';
import { serialColumns } from '#documents/serial-line';
import { serialNumber } from '#events/identity';
import { readSerials, Serials, shownLists, type Entry, type ShownList } from '../documents/serials.js';
import { csvLine } from '../http/csv.js';
import { pageOf, pageQuery, Resource } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const one = z.strictObject({ serial: serialNumber });
const exported = z.object({ show: z.enum(shownLists).default('all') });
const query = pageQuery.extend({ show: z.enum(shownLists).default('waiting') });
/** Held in memory at a time. */
const exportRows = 5_000;

@Resource('serials')
export class SerialsController {
  constructor(private readonly serials: Serials) {}

  /** `show`: those whose devices were not discovered yet, or all that the filter lets in. */
  @Get()
  @Needs('viewer')
  async list(@Query({ schema: query }) { show, search, limit, after }: z.infer<typeof query>) {
    const rows = await this.serials.entries(show, search, after, limit + 1);
    const total = await this.serials.count(show, search);
    return pageOf(rows, { limit, total, item: (row) => row, next: ({ serial }) => serial });
  }

  /** As CSV, safe to be opened by a spreadsheet; an import takes it. */
  @Get('export')
  @Needs('viewer')
  @ApiProduces('text/csv')
  export(@Query({ schema: exported }) { show }: z.infer<typeof exported>): StreamableFile {
    return new StreamableFile(Readable.from(this.#csv(show)), {
      type: 'text/csv; charset=utf-8',
      disposition: 'attachment; filename="serial-numbers.csv"',
    });
  }

  /** In parts, as they can be many. */
  async *#csv(show: ShownList): AsyncGenerator<string> {
    yield csvLine(serialColumns);
    for (let after = ''; ;) {
      const rows: readonly Entry[] = await this.serials.entries(show, '', after, exportRows);
      yield rows
        .map(({ serial, addedBy, addedAt, discoveredAt }) =>
          csvLine([serial, addedBy, addedAt.toISOString(), discoveredAt?.toISOString() ?? '']),
        )
        .join('');
      if (rows.length < exportRows) return;
      after = rows.at(-1)?.serial ?? after;
    }
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
  @ApiConsumes('text/plain', 'text/csv')
  @ApiBody({
    schema: {
      type: 'string',
      description:
        'Serial numbers, one a line, or what GET /api/serials/export answers: at most 100,000 lines, 5 MB',
    },
  })
  import(@Body() text: unknown, @Who() by: Caller) {
    if (typeof text !== 'string')
      throw new Refusal('invalid', 'Send the list as text/plain or text/csv, one serial number a line.');
    return this.serials.add(readSerials(text), by);
  }

  @Delete(':serial')
  @HttpCode(204)
  @Needs('operator')
  remove(@Param('serial', { schema: serialNumber }) serial: string, @Who() by: Caller): Promise<void> {
    return this.serials.remove(serial, by);
  }
}
