// The latest announcements and what became of them.
import { Get } from '@nestjs/common';
import { Resource, wholeList } from '../http/resource.js';
import { Devices } from '../projection/devices.js';
import { Needs } from '../who/access.js';

@Resource('announcements')
export class AnnouncementsController {
  constructor(private readonly devices: Devices) {}

  @Get()
  @Needs('viewer')
  async list() {
    return wholeList(await this.devices.announcements('true', []));
  }
}
