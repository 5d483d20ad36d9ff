// One id for one announcement, however often the device repeats it.
import { hash, randomUUID } from 'node:crypto';
import { parse } from 'uuid';
import type { Announcement } from '#announce/announcement';

/** The namespace of announcements; any fixed UUID. */
const namespace = parse('6b1f9c0e-52a5-4b6c-8a6e-6f0d6b0f3a11');

/** Of certificate, serial number and the agent's id; without such an id each announcement is a new one. */
export function eventIdOf({ announcementId, identity }: Announcement, fingerprint: string | null): string {
  if (announcementId === null) return randomUUID();
  return nameBasedId(`${fingerprint ?? ''} ${identity.serial} ${announcementId}`);
}

/** UUID version 5 (RFC 9562 5.5). That of the library makes an object of the hash, which costs several times as much. */
function nameBasedId(name: string): string {
  const hex = hash('sha1', Buffer.concat([namespace, Buffer.from(name)]));
  const variant = ((parseInt(hex.charAt(16), 16) & 0b0011) | 0b1000).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
