import { randomUUID } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { deviceDiscovered, type DeviceDiscovered } from '#events/device';
import type { Event } from '#events/event';
import { listenerBody, listenerChanged, type Listener } from '#events/listener';
import { edgeConfigured } from '#events/settings';
import { accepted, refused, retry } from '../../test/support/announce-server.js';
import { published } from '../../test/support/fed-delivery.js';
import { copiesMax, decide, evolve, type Change, type Copies, type Heard } from './copy.js';
import { reportOf } from './report.js';
import type { WaitingCopy } from './rows.js';
import { meaningOf, together } from './send.js';

const own = randomUUID();
const edge = (version: number, server: string) =>
  published(edgeConfigured.draft({ ...edgeConfigured.example, version, server }));
const listener = (id: string, version = 1, body: Partial<Listener> | null = {}) =>
  published(
    listenerChanged.draft({
      id,
      version,
      changedBy: 'admin',
      body: body && listenerBody.parse({ name: id, host: 'muster.example', ...body }),
    }),
  );
const discovered = (part: Partial<DeviceDiscovered> = {}) =>
  published(deviceDiscovered.draft({ ...deviceDiscovered.example, ...part }));

function given(...events: readonly Event<Heard>[]): Copies {
  const copies: Copies = { server: null, listeners: new Map() };
  for (const event of events) when(copies, event);
  return copies;
}

function when(copies: Copies, event: Event<Heard>): readonly Change[] {
  const { changes } = decide(event, copies);
  for (const change of changes) evolve(copies, change);
  return changes;
}

describe('an admitted announcement', () => {
  it('is copied to each enabled listener, with where it began', () => {
    const copies = given(
      edge(1, own),
      listener('a'),
      listener('b', 1, { enabled: false }),
      listener('c'),
      listener('d', 1, null),
    );
    const changes = when(copies, discovered());
    expect(changes.map((change) => change.kind === 'copy' && change.copy.listenerId)).toEqual(['a', 'c']);
    expect(changes[0]).toMatchObject({
      copy: {
        announcement: deviceDiscovered.example.announcements[0],
        message: { origin: { server: own, hops: 1, fingerprint: 'a'.repeat(64) } },
      },
    });
  });

  it('is not copied when no device announced', () => {
    expect(
      when(given(edge(1, own), listener('a')), discovered({ trigger: 'discovered', announcements: [] })),
    ).toEqual([]);
  });

  it('waits until this server knows its own id', () => {
    expect(() => when(given(listener('a')), discovered())).toThrow(/was not seen yet/);
    expect(when(given(), discovered())).toEqual([]);
  });

  it('goes through three servers at most, and never back to where it began', () => {
    const copies = given(edge(1, own), listener('a'));
    const first = randomUUID();
    expect(when(copies, discovered({ origin: { server: first, hops: 2, verified: false } }))).toMatchObject([
      { copy: { message: { origin: { server: first, hops: 3 } } } },
    ]);
    expect(when(copies, discovered({ origin: { server: first, hops: 3, verified: false } }))).toEqual([]);
    expect(when(copies, discovered({ origin: { server: own, hops: 1, verified: false } }))).toEqual([]);
  });

  it('is dropped, and counted, for a listener whose backlog is full, and for no other', () => {
    const copies = given(edge(1, own), listener('a'), listener('b'));
    const full = copies.listeners.get('a');
    if (full) copies.listeners.set('a', { ...full, waiting: copiesMax - 1 });
    expect(when(copies, discovered()).map(({ kind }) => kind)).toEqual(['copy', 'copy']);
    expect(when(copies, discovered()).map(({ kind }) => kind)).toEqual(['drop', 'copy']);
  });
});

it('an older version of a listener or of the edge configuration changes nothing', () => {
  const copies = given(edge(2, own), listener('a', 2));
  expect(when(copies, edge(1, randomUUID()))).toEqual([]);
  expect(when(copies, listener('a', 1, null))).toEqual([]);
});

describe('an answer', () => {
  test.each([
    [accepted, 'done'],
    [refused('loop'), 'done'],
    [refused('badField'), 'refused'],
    [refused('switchedOff'), 'failing'],
    [refused('primariesOff'), 'failing'],
    [refused('untrusted', 'failed'), 'failing'],
    [retry(500), 'failing'],
  ])('%j means %s', (answer, means) => {
    expect(meaningOf(answer).means).toBe(means);
  });
});

it('no copy is under way while an earlier one of the same device is', () => {
  const copy = (id: number, deviceId: string): WaitingCopy => ({
    id,
    deviceId,
    listenerId: 'a',
    announcement: randomUUID(),
    message: {
      identity: deviceDiscovered.example.identity,
      reason: 'boot',
      announcementId: null,
      traceparent: null,
      origin: null,
    },
  });
  expect(together([copy(1, 'x'), copy(2, 'y'), copy(3, 'x'), copy(4, 'z')]).map(({ id }) => id)).toEqual([
    1, 2,
  ]);
  expect(together([copy(1, 'x')]).map(({ id }) => id)).toEqual([1]);
  expect(together(Array.from({ length: 40 }, (_, n) => copy(n, String(n))))).toHaveLength(16);
});

it('a report names the state', () => {
  const row = {
    id: 'a',
    delivered: 3,
    dropped: 0,
    failure: null,
    waiting: 0,
    reported: null,
    reportedAt: null,
  };
  const body = listenerBody.parse({ name: 'a', host: 'h' });
  expect(reportOf({ ...row, body }).state).toBe('idle');
  expect(reportOf({ ...row, body, waiting: 2 }).state).toBe('delivering');
  expect(reportOf({ ...row, body, waiting: 2, failure: 'x' }).state).toBe('failing');
  expect(reportOf({ ...row, body: { ...body, enabled: false } }).state).toBe('disabled');
});
