// One id for one announcement, however often the device repeats it.
import { randomUUID } from 'node:crypto';
import { parse, v5 } from 'uuid';
import type { Announcement } from '#announce/announcement';

/** The namespace of announcements; any fixed UUID. */
const namespace = parse('6b1f9c0e-52a5-4b6c-8a6e-6f0d6b0f3a11');

/** Of certificate, serial number and the agent's id; without such an id each announcement is a new one. */
export function eventIdOf({ announcementId, identity }: Announcement, fingerprint: string | null): string {
  if (announcementId === null) return randomUUID();
  return v5(Buffer.from(`${fingerprint ?? ''} ${identity.serial} ${announcementId}`), namespace);
}
