// One id for one announcement, however often the device repeats it.
import { hash, randomUUID } from 'node:crypto';
import { parse, stringify } from 'uuid';
import type { Announcement } from '#announce/announcement';

/** The namespace of announcements; any fixed UUID. */
const namespace = parse('6b1f9c0e-52a5-4b6c-8a6e-6f0d6b0f3a11');

/** Of certificate, serial number and the agent's id; without such an id each announcement is a new one. */
export function eventIdOf({ announcementId, identity }: Announcement, fingerprint: string | null): string {
  if (announcementId === null) return randomUUID();
  return uuidOf(`${fingerprint ?? ''} ${identity.serial} ${announcementId}`);
}

/** Version 5 (RFC 9562, 5.5). Not by the uuid package, which takes 60 µs for it. */
export function uuidOf(name: string): string {
  const digest = hash('sha1', Buffer.concat([namespace, Buffer.from(name)]), 'buffer').subarray(0, 16);
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x50, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  return stringify(digest);
}
