// Identities that gateways can present (R15), and the gateways that keys can be sealed to. Which one they present is a setting.
import { Body, Delete, Get, HttpCode, Inject, Param, Put } from '@nestjs/common';
import * as z from 'zod';
import { friendlyName, sealedIdentity } from '#events/certificate';
import { PARTS, type StoredParts } from '#runtime/service';
import { Resource, wholeList } from '../http/resource.js';
import { gateways } from '../trust/gateways.js';
import { Identities } from '../trust/identities.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

/** As `muster ca export --seal-to` writes it, its name in the address. */
const put = z.strictObject({ ...sealedIdentity.shape, name: friendlyName.optional() });

@Resource('identities')
export class IdentitiesController {
  constructor(private readonly identities: Identities) {}

  @Get()
  @Needs('viewer')
  async list() {
    return wholeList(await this.identities.list());
  }

  @Put(':name')
  @HttpCode(204)
  @Needs('admin')
  write(
    @Param('name', { schema: friendlyName }) name: string,
    @Body({ schema: put }) identity: z.infer<typeof put>,
    @Who() by: Caller,
  ): Promise<void> {
    return this.identities.keep({ ...identity, name }, by);
  }

  @Delete(':name')
  @HttpCode(204)
  @Needs('admin')
  remove(@Param('name', { schema: friendlyName }) name: string, @Who() by: Caller): Promise<void> {
    return this.identities.remove(name, by);
  }
}

@Resource('gateways')
export class GatewaysController {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  @Get()
  @Needs('viewer')
  async list() {
    const { store, instance } = this.parts;
    return wholeList(await gateways(store, store.database.single ? instance : null));
  }
}
