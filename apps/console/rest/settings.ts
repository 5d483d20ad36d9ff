// The instant-on settings.
import { Body, Get, Inject, Put, Query } from '@nestjs/common';
import * as z from 'zod';
import { settingsBody, settingsChanged } from '#events/settings';
import { PARTS, type StoredParts } from '#runtime/service';
import type { ConsoleConfig } from '../config.js';
import { Documents } from '../documents/documents.js';
import { everyField } from '../../../libs/documents/every-field.js';
import { versionsQuery, type VersionsQuery } from '../documents/versions.js';
import { Resource } from '../http/resource.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const put = z.strictObject({ version: z.int().positive(), body: everyField(settingsBody) });

/** Said when Accept Device Announcements is switched on (R10). */
const portReminder = (port: number): string =>
  `Devices announce themselves to TCP port ${port}: it must be open in every firewall between them and this server.`;

@Resource('settings')
export class SettingsController {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts<ConsoleConfig>,
    private readonly documents: Documents,
  ) {}

  @Get()
  @Needs('viewer')
  read() {
    return this.documents.one(settingsChanged);
  }

  @Get('versions')
  @Needs('viewer')
  versions(@Query({ schema: versionsQuery }) query: VersionsQuery) {
    return this.documents.versions(settingsChanged, settingsChanged.noun, query);
  }

  @Put()
  @Needs('admin')
  async write(@Body({ schema: put }) { version, body }: z.infer<typeof put>, @Who() caller: Caller) {
    const [written, before] = await this.documents.saveSettings(version, body, caller);
    const switchedOn = body.acceptAnnouncements && !before.acceptAnnouncements;
    return { ...written, reminder: switchedOn ? portReminder(this.parts.config.announcePort) : null };
  }
}
