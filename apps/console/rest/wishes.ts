// What is wanted of Muster's own authority (R80-R85): a device's enrolment, a certificate for a request, an identity for the
// gateways, a new list. Asked for here, done by the authority within seconds; the list says what became of it.
import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import * as z from 'zod';
import { wished, type Wished } from '#pki/authority/wish';
import { Resource } from '../http/resource.js';
import { Wishes, wishQuery, type WishQuery } from '../trust/wishes.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

@Resource('wishes')
export class WishesController {
  constructor(private readonly wishes: Wishes) {}

  /** Newest first; `kind` takes several by commas. */
  @Get()
  @Needs('viewer')
  list(@Query({ schema: wishQuery }) query: WishQuery) {
    return this.wishes.list(query);
  }

  /** Of `sign` with the certificate, once it was made. */
  @Get(':id')
  @Needs('viewer')
  read(@Param('id', { schema: z.uuid() }) id: string) {
    return this.wishes.read(id);
  }

  /** Of `enrol` the answer has the secret, which is told this once. */
  @Post()
  @HttpCode(202)
  @Needs('admin')
  ask(@Body({ schema: wished }) asked: Wished, @Who() caller: Caller) {
    return this.wishes.ask(asked, caller);
  }
}
