import { describe, expect, it } from 'vitest';
import { exampleIdentity } from '../events/identity.js';
import {
  decodeAcknowledge,
  decodeAnnouncement,
  encodeAcknowledge,
  encodeAnnouncement,
  type Acknowledge,
  type Announcement,
} from './announcement.js';
import { Malformed } from './malformed.js';

const announcement: Announcement = {
  identity: exampleIdentity,
  reason: 'boot',
  announcementId: '7b1b6e1e-52a5-4b6c-8a6e-6f0d6b0f3a11',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  origin: { server: '0193f2a0-0000-7000-8000-0000000000c1', hops: 2, fingerprint: 'a'.repeat(64) },
};
const acknowledge: Acknowledge = {
  result: 'retry',
  authentication: 'anonymous',
  reason: 'busy',
  message: 'later',
  retryAfterMs: 4000,
  event: null,
};

const typed = {
  muster: 1,
  type: 'announcement',
  serial: 'typed-0001',
  model: 'M',
  mac: '02-00-00-00-00-01',
  ip: '::1',
};
const frame = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

/** Code and message of the refusal. */
function faultOf(value: unknown): readonly [string, string] {
  try {
    decodeAnnouncement(frame(value));
  } catch (error) {
    if (error instanceof Malformed) return [error.code, error.message];
    throw error;
  }
  return ['none', ''];
}

describe('an announcement', () => {
  it('arrives as it was sent', () => {
    const line = encodeAnnouncement(announcement);
    expect(line.endsWith('}\n')).toBe(true);
    expect(decodeAnnouncement(frame(line))).toEqual(announcement);
  });

  it('may be as short as a person types it, and is brought to one spelling', () => {
    expect(decodeAnnouncement(frame(typed))).toEqual({
      identity: {
        serial: 'TYPED-0001',
        model: 'M',
        mac: '02:00:00:00:00:01',
        ip: '::1',
        hostname: null,
        firmware: null,
      },
      reason: 'unstated',
      announcementId: null,
      traceparent: null,
      origin: null,
    });
  });

  it.each([
    ['another version', { ...typed, muster: 2 }, 'unknownVersion', /must be 1/],
    ['no version', { ...typed, muster: undefined }, 'unknownVersion', /must be 1/],
    ['a version of another kind', { ...typed, muster: '1' }, 'unknownVersion', /must be 1/],
    ['another type', { ...typed, type: 'goodbye' }, 'unknownType', /announcement/],
    ['no serial', { ...typed, serial: undefined }, 'badField', /^serial is missing$/],
    ['a bad serial', { ...typed, serial: 'a b' }, 'badField', /^serial: must be 4 to 32/],
    ['a bad MAC', { ...typed, mac: 'zz:00:00:00:00:01' }, 'badField', /^mac: must be six pairs/],
    ['an IP in octal', { ...typed, ip: '010.1.2.3' }, 'badField', /^ip: must be/],
    ['an IP with a zone', { ...typed, ip: 'fe80::1%eth0' }, 'badField', /^ip: must be/],
    ['a control character', { ...typed, hostname: 'a\u001b[2Jb' }, 'badField', /^hostname: must not contain/],
    ['a lone surrogate', { ...typed, model: 'a\ud800' }, 'badField', /^model: must not contain/],
    ['a model too long', { ...typed, model: 'm'.repeat(129) }, 'badField', /^model: /],
    ['an unknown reason', { ...typed, reason: 'bored' }, 'badField', /^reason: /],
    ['a key too many', { ...typed, admin: true }, 'badField', /does not know/],
    ['a bad origin', { ...typed, origin: { server: 'me', hops: 1 } }, 'badField', /^origin.server: /],
    ['a list', [typed], 'notJson', /object/],
    ['a number', 7, 'notJson', /object/],
    ['null', null, 'notJson', /object/],
  ])('is refused with %s', (_, value, code, message) => {
    const [found, said] = faultOf(value);
    expect(found).toBe(code);
    expect(said).toMatch(message);
  });

  it('is refused without repeating what came', () => {
    expect(faultOf({ ...typed, serial: '<script>' })[1]).not.toContain('script');
    expect(faultOf({ ...typed, '<script>': 1 })[1]).not.toContain('script');
  });

  it('can come from any number of hops, for the judge to refuse', () => {
    const line = frame({ ...typed, origin: { server: '0193f2a0-0000-7000-8000-0000000000c1', hops: 900 } });
    expect(decodeAnnouncement(line).origin).toEqual({
      server: '0193f2a0-0000-7000-8000-0000000000c1',
      hops: 900,
      fingerprint: null,
    });
  });
});

describe('an acknowledge', () => {
  it('arrives as it was sent', () => {
    expect(decodeAcknowledge(frame(encodeAcknowledge(acknowledge)))).toEqual(acknowledge);
  });

  it('may have keys of a later day', () => {
    const line = { muster: 1, type: 'acknowledge', ...acknowledge, weather: 'fine' };
    expect(decodeAcknowledge(frame(line))).toEqual(acknowledge);
  });

  it.each([
    ['NUL in its message', { message: 'a\u0000b' }, /^message: must not contain control characters$/],
    ['an escape in its message', { message: 'a\u001b[2Jb' }, /^message: /],
    ['a lone surrogate in its message', { message: 'a\ud800' }, /^message: /],
    ['a message too long', { message: 'm'.repeat(1025) }, /^message: /],
    ['NUL in its reason', { reason: '\u0000busy' }, /^reason: must not contain control characters$/],
    ['a lone surrogate in its reason', { reason: '\udc00' }, /^reason: /],
    ['a reason too long', { reason: 'r'.repeat(65) }, /^reason: /],
    ['a pause beyond a day', { retryAfterMs: Number.MAX_SAFE_INTEGER }, /^retryAfterMs: /],
  ])('is none with %s', (_, fault, said) => {
    const decode = () => decodeAcknowledge(frame(encodeAcknowledge({ ...acknowledge, ...fault })));
    expect(decode).toThrow(Malformed);
    expect(decode).toThrow(said);
  });

  it('needs no sentence', () => {
    const line = frame(encodeAcknowledge({ ...acknowledge, message: '' }));
    expect(decodeAcknowledge(line).message).toBe('');
  });

  it('is refused when it is none', () => {
    expect(() => decodeAcknowledge(frame(encodeAnnouncement(announcement)))).toThrow(Malformed);
  });
});
