// What Muster's own authority issued: list, and ask it to revoke. The authority itself comes here, every few seconds.
import { Body, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import * as z from 'zod';
import { authorityReport, revocationReason, type AuthorityReport } from '#pki/authority/exchange';
import { Resource } from '../http/resource.js';
import { Authority } from '../trust/authority.js';
import { Issued, issuedQuery, type IssuedQuery } from '../trust/issued.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const serial = z
  .string()
  .regex(/^[0-9A-Fa-f]{1,64}$/, 'must be a serial number in hexadecimal')
  .toLowerCase();
const revoking = z.strictObject({ reason: revocationReason.default('unspecified') });

@Resource('certificates')
export class CertificatesController {
  constructor(private readonly issued: Issued) {}

  @Get()
  @Needs('viewer')
  list(@Query({ schema: issuedQuery }) query: IssuedQuery) {
    return this.issued.list(query);
  }

  /**
   * Asked for here, done by the authority within seconds, and then in the list. With the last certificate of a device its own
   * secrets to enrol end; secrets for any device stay good: `muster ca list --secrets` and `muster ca enrol --remove` there.
   */
  @Post(':serial/revoke')
  @HttpCode(202)
  @Needs('admin')
  revoke(
    @Param('serial', { schema: serial }) of: string,
    @Body({ schema: revoking }) { reason }: z.infer<typeof revoking>,
    @Who() caller: Caller,
  ): Promise<void> {
    return this.issued.askRevocation(of, reason, caller);
  }
}

@Resource('authority')
export class AuthorityController {
  constructor(private readonly authority: Authority) {}

  @Get()
  @Needs('viewer')
  read() {
    return this.authority.read();
  }

  /** It is gone for good: forgotten, with what it issued and what was wanted of it. 409 while it speaks. */
  @Delete()
  @HttpCode(204)
  @Needs('admin')
  giveUp(@Who() caller: Caller): Promise<void> {
    return this.authority.giveUp(caller);
  }

  /** For the authority alone: what it has, and what is wanted of it. */
  @Post()
  @HttpCode(200)
  @Needs('trust')
  exchange(@Body({ schema: authorityReport }) report: AuthorityReport, @Who() caller: Caller) {
    return this.authority.exchange(report, caller);
  }
}
