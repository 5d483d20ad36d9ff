// What opens devices (R67): set and taken away, never shown. Written by administrators.
import { Body, Delete, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import * as z from 'zod';
import { credential, credentialKinds, credentialScopes } from '#device/credential';
import { Credentials } from '../credentials/credentials.js';
import type { Resealed } from '../credentials/rotation.js';
import type { Shown } from '../credentials/shown.js';
import { pageQuery, Resource, type Page, type PageQuery } from '../http/resource.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const belongs = ({ scope, id }: { readonly scope: string; readonly id: string }): boolean =>
  (scope === 'global') === (id === '');
const owner = {
  scope: z.enum(credentialScopes),
  /** Of the device or group; left out where it is everybody's. */
  id: z.string().max(64).default(''),
};
const why = {
  path: ['id'],
  message: 'must name the device or group, and is left out where the scope is global',
};
const put = z.strictObject({ ...owner, credential }).refine(belongs, why);
const place = z.object({ kind: z.enum(credentialKinds), ...owner }).refine(belongs, why);

@Resource('credentials')
export class CredentialsController {
  constructor(private readonly credentials: Credentials) {}

  @Get()
  @Needs('viewer')
  list(@Query({ schema: pageQuery }) query: PageQuery): Promise<Page<Shown>> {
    return this.credentials.page(query);
  }

  @Put()
  @Needs('admin')
  set(@Body({ schema: put }) body: z.infer<typeof put>, @Who() by: Caller): Promise<Shown> {
    return this.credentials.set(body, body.credential, by);
  }

  /** All of them sealed with the newest key of the key file. */
  @Post('rotate')
  @HttpCode(200)
  @Needs('admin')
  rotate(@Who() by: Caller): Promise<Resealed> {
    return this.credentials.rotate(by);
  }

  @Delete()
  @HttpCode(204)
  @Needs('admin')
  remove(@Query({ schema: place }) at: z.infer<typeof place>, @Who() by: Caller): Promise<void> {
    return this.credentials.remove(at, by);
  }
}
