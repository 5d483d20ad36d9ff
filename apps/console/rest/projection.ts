// What is shown of devices, made anew from the journal while all of it runs.
import { Get, HttpCode, Inject, Post } from '@nestjs/common';
import { PARTS, type StoredParts } from '#runtime/service';
import { Resource } from '../http/resource.js';
import { ask, shown, type Rebuild } from '../projection/rebuild/run.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

@Resource('projection/rebuild')
export class ProjectionController {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  /** The last one asked for, and how far it is. */
  @Get()
  @Needs('viewer')
  read(): Promise<Rebuild> {
    return shown(this.parts.store);
  }

  /** Begins within a second or so, on any instance. Refused while one runs. */
  @Post()
  @HttpCode(202)
  @Needs('admin')
  ask(@Who() caller: Caller): Promise<Rebuild> {
    return this.parts.store.transaction((tx) => ask(tx, caller));
  }
}
