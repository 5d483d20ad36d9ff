// A device that was looked for, and is known elsewhere (R35, R36): what moves it, and what is told of it.
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deviceAnnounced } from '#events/announcement';
import { exampleIdentity } from '#events/identity';
import { defaultSettings } from '#events/settings';
import { announced } from './admit.js';
import { arrivalOf } from './arrival.js';
import { judgeClaims } from './claims.js';
import { evolve, type Arrival, type Claim, type Known } from './known.js';
import { proofOf } from './move.js';

const own = 'a'.repeat(64);
const elsewhere = '10.9.9.9';

/** A device that announced itself with a certificate of its own. */
function withDevice(): Known {
  const known: Known = {
    now: new Date('2026-11-22T12:00:00.000Z'),
    settings: defaultSettings,
    settingsVersion: 1,
    devices: new Map(),
    retiredAt: new Map(),
    list: new Map(),
    quarantine: new Map(),
    heldCount: 0,
    conflicts: new Map(),
    certificates: new Map(),
  };
  const { example } = deviceAnnounced;
  const { changes } = announced({ id: randomUUID(), data: example, traceparent: null }, known);
  for (const change of changes) evolve(known, change);
  return known;
}

function foundAt(ip: string, fingerprint: string | null, { now }: Known): Arrival {
  const found = { identity: { ...exampleIdentity, ip }, fingerprint, probedBy: 'deviceApi' } as const;
  return { ...arrivalOf(found, now), trigger: 'discovered' };
}

const deviceOf = (known: Known) => {
  const device = known.devices.get(exampleIdentity.serial);
  if (!device) throw new Error('there is no device');
  return device;
};

describe('the certificate of who was asked', () => {
  it('proves the device at its own address', () => {
    const known = withDevice();
    expect(proofOf(foundAt(exampleIdentity.ip, own, known), deviceOf(known), known.certificates)).toBe(
      'sameCertificate',
    );
  });

  it('proves nothing elsewhere: whoever passes connections on shows it too', () => {
    const known = withDevice();
    const data = foundAt(elsewhere, own, known);
    expect(proofOf(data, deviceOf(known), known.certificates)).toBeNull();
    const { changes, events } = announced({ id: randomUUID(), data, traceparent: null }, known);
    expect(changes.map(({ kind }) => kind)).toContain('claim');
    expect(events).toEqual([]);
  });
});

describe('a device that is found elsewhere', () => {
  const claimOf = (known: Known): Claim => {
    const data = foundAt(elsewhere, own, known);
    return { announcement: randomUUID(), deviceId: deviceOf(known).id, data };
  };

  it('has moved when its old address is silent, and is told as found', () => {
    const known = withDevice();
    const claim = claimOf(known);
    const { events } = judgeClaims(deviceOf(known), [claim], 'silent', known);
    expect(events.map(({ data }) => data)).toMatchObject([
      {
        trigger: 'discovered',
        announcements: [],
        acceptedAt: null,
        proof: 'oldAddressSilent',
        fresh: true,
        probedBy: 'deviceApi',
      },
    ]);
  });

  it('is told as announced where it announced itself from there as well', () => {
    const known = withDevice();
    const claim = claimOf(known);
    const { probedBy: _, trigger: __, ...said } = claim.data;
    const itself: Claim = { ...claim, announcement: randomUUID(), data: said };
    const { events } = judgeClaims(deviceOf(known), [claim, itself], 'silent', known);
    expect(events.map(({ data }) => data)).toMatchObject([
      {
        trigger: 'announced',
        announcements: [itself.announcement],
        acceptedAt: said.acceptedAt,
        probedBy: null,
      },
    ]);
  });

  it('is a conflict as long as something answers there', () => {
    const known = withDevice();
    const { events } = judgeClaims(deviceOf(known), [claimOf(known)], 'answers', known);
    expect(events.map(({ data }) => data)).toMatchObject([
      { because: 'answers', announcements: [], claimed: { ip: elsewhere } },
    ]);
  });
});
