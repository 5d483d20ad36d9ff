import { describe, expect, it } from 'vitest';
import type { Event } from '../../api/types.js';
import { threadsMax, threadsOf } from './threads.js';

const announcement = (id: string, at = '2026-11-21T08:00:00.000Z'): Event =>
  event(id, 'device.announced', {
    identity: {
      serial: `SN-${id}`,
      model: 'LaserJet',
      ip: '10.0.0.1',
      mac: '',
      hostname: null,
      firmware: null,
    },
    reason: 'boot',
    acceptedAt: at,
    transport: { tlsVersion: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', group: 'X25519' },
  });

function event(id: string, type: string, data: unknown): Event {
  const rest = { version: 1, publisher: 'x', subject: 's', sequence: 1, causedBy: null, traceparent: null };
  return { id, type, occurredAt: '2026-11-21T08:00:00.000Z', data, ...rest };
}

const textOf = (events: readonly Event[]) =>
  [...(threadsOf([], events)[0]?.steps.values() ?? [])].map((s) => s.text);

describe('threads of announcements', () => {
  it('gathers what followed from one announcement, a later word of a kind replacing the earlier', () => {
    const texts = textOf([
      announcement('a'),
      event('1', 'device.discovered', { deviceId: 'd', announcements: ['a'] }),
      event('2', 'device.licensed', { deviceId: 'd', announcements: ['a'] }),
      event('3', 'device.grouped', { deviceId: 'd', announcements: ['a'], groups: [{}] }),
      event('4', 'assessment.queued', { deviceId: 'd', covers: ['a'] }),
      event('5', 'assessment.finished', {
        deviceId: 'd',
        covers: ['a'],
        outcome: 'compliant',
        results: [{ outcome: 'remediated' }, { outcome: 'remediated' }],
      }),
    ]);
    expect(texts).toEqual(['Discovered', 'Licensed', '1 group', 'Compliant, 2 settings changed']);
  });

  it('links to the device once it is known', () => {
    const [thread] = threadsOf(
      [],
      [announcement('a'), event('1', 'device.reconciled', { deviceId: 'd', announcements: ['a'] })],
    );
    expect(thread?.deviceId).toBe('d');
  });

  it('puts the newest first and forgets the oldest', () => {
    const many = Array.from({ length: threadsMax + 5 }, (_, n) =>
      announcement(`a${n}`, new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString()),
    );
    const threads = threadsOf([], many);
    expect(threads).toHaveLength(threadsMax);
    expect(threads[0]?.id).toBe(`a${threadsMax + 4}`);
  });

  it('leaves out what it cannot read', () => {
    expect(threadsOf([], [event('1', 'device.announced', null), event('2', 'new.kind', {})])).toEqual([]);
  });
});
