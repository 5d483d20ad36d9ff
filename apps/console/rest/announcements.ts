// The latest announcements and what became of them, and who was turned away before.
import { Get, Inject } from '@nestjs/common';
import { PARTS, type StoredParts } from '#runtime/service';
import { Resource, wholeList } from '../http/resource.js';
import { Devices } from '../projection/devices.js';
import { readRefusals } from '../projection/refusals.js';
import { Needs } from '../who/access.js';

@Resource('announcements')
export class AnnouncementsController {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts,
    private readonly devices: Devices,
  ) {}

  @Get()
  @Needs('viewer')
  async list() {
    return wholeList(await this.devices.announcements('true', []));
  }

  /** Peers that gateways turned away: by address and reason, the newest first. */
  @Get('refused')
  @Needs('viewer')
  async refused() {
    return wholeList(await readRefusals(this.parts.store));
  }
}
