// The id of an announcement's event: the same on every gateway and in every version.
import { v5 } from 'uuid';
import { expect, test } from 'vitest';
import { eventIdOf } from './event-id.js';
import { exampleIdentity } from '#events/identity';
import type { Announcement } from '#announce/announcement';

const announcement = (announcementId: string | null): Announcement => ({
  identity: exampleIdentity,
  reason: 'boot',
  announcementId,
  traceparent: null,
  origin: null,
});

test.each([
  [null, 'boot-1'],
  ['ab'.repeat(32), 'boot-1'],
  ['ab'.repeat(32), 'Gerät 7 ✓'],
])(
  '%s %s: a UUID of version 5, of certificate, serial number and the id that the agent gave',
  (print, id) => {
    const named = v5(
      `${print ?? ''} ${exampleIdentity.serial} ${id}`,
      '6b1f9c0e-52a5-4b6c-8a6e-6f0d6b0f3a11',
    );
    expect(eventIdOf(announcement(id), print)).toBe(named);
  },
);

test('a new one each time where the agent gave none', () => {
  expect(eventIdOf(announcement(null), null)).not.toBe(eventIdOf(announcement(null), null));
});
