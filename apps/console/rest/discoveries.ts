// Devices that do not announce themselves: looked for at addresses, host names and ranges, by hand or from a list, and by
// multicast (R35).
import { Body, Get, Headers, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import * as z from 'zod';
import { settingsChanged } from '#events/settings';
import { ownAddresses } from '#addresses/own';
import { Discoveries, shownResults } from '../discoveries/discoveries.js';
import { readSent } from '../discoveries/reading.js';
import { Documents } from '../documents/documents.js';
import { pageQuery, Resource } from '../http/resource.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const after = z.coerce.number().int().nonnegative();
const query = pageQuery.pick({ limit: true }).extend({ after: after.optional() });
const resultsQuery = pageQuery
  .pick({ limit: true })
  .extend({ show: z.enum(shownResults).default('failed'), after: after.default(0) });
const discoveryId = z.uuid();

@Resource('discoveries')
export class DiscoveriesController {
  constructor(
    private readonly discoveries: Discoveries,
    private readonly documents: Documents,
  ) {}

  /** Newest first, each with how far it is. */
  @Get()
  @Needs('viewer')
  list(@Query({ schema: query }) { limit, after: before }: z.infer<typeof query>) {
    return this.discoveries.list(limit, before ?? null);
  }

  /** All or nothing: a list with a bad line is refused, and `faults` names each of them. */
  @Post()
  @HttpCode(202)
  @Needs('operator')
  @ApiConsumes('text/plain', 'text/csv', 'application/xml', 'application/json')
  @ApiBody({
    schema: {
      type: 'string',
      description:
        'text/plain: an address, a range such as 10.1.2.1-10.1.2.99, a network such as 10.1.2.0/24 or a host name each line, or ' +
        'multicast:4 (whoever answers by mDNS, and by SLP over 4 hops, 1 to 32), ' +
        '# before a remark. text/csv: columns address, host, serial, name, location, named in the first line. ' +
        'application/xml: <devices><device address="10.1.2.3"/></devices>. application/json: {"entries": [{"address": "10.1.2.3"}]}. ' +
        'At most 100,000 lines, 10 MB (JSON: 5 MB), 65,536 addresses a range and 262,144 in all.',
    },
  })
  async ask(
    @Body() sent: unknown,
    @Headers('content-type') contentType: string | undefined,
    @Who() by: Caller,
  ) {
    const { body } = await this.documents.one(settingsChanged);
    const reach = { networks: body.deviceNetworks, own: ownAddresses() };
    const { format, list } = await readSent(sent, contentType ?? '', reach);
    return { ...(await this.discoveries.ask(list, format, by)), ignoredColumns: list.ignored };
  }

  @Get(':id')
  @Needs('viewer')
  read(@Param('id', { schema: discoveryId }) id: string) {
    return this.discoveries.one(id);
  }

  /** `show`: those that failed, those that are found, or all. */
  @Get(':id/results')
  @Needs('viewer')
  results(
    @Param('id', { schema: discoveryId }) id: string,
    @Query({ schema: resultsQuery }) { show, limit, after: before }: z.infer<typeof resultsQuery>,
  ) {
    return this.discoveries.results(id, { show, limit, after: before });
  }

  /** What is being asked ends; what waits is asked no more. */
  @Post(':id/cancel')
  @HttpCode(202)
  @Needs('operator')
  cancel(@Param('id', { schema: discoveryId }) id: string, @Who() by: Caller) {
    return this.discoveries.cancel(id, by);
  }
}
