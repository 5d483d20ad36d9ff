import { describe, expect, it } from 'vitest';
import type { Announcement } from '#announce/announcement';
import { exampleIdentity } from '#events/identity';
import { edgeConfigured, type EdgeConfiguration } from '#events/settings';
import type { Peer } from '#pki/peer';
import { judge } from './judge.js';

const nobody: Peer = {
  certificate: null,
  fingerprint: null,
  chainError: 'UNABLE_TO_GET_ISSUER_CERT',
  resumed: false,
};
const edge = edgeConfigured.example;
const announcement: Announcement = {
  identity: exampleIdentity,
  reason: 'boot',
  announcementId: null,
  traceparent: null,
  origin: null,
};
const elsewhere = { server: '0193f2a0-0000-7000-8000-0000000000c2', hops: 1, fingerprint: null };

interface Case {
  readonly given: Partial<EdgeConfiguration>;
  readonly from?: string;
  readonly origin?: Announcement['origin'];
}
const verdict = ({ given, from = exampleIdentity.ip, origin = null }: Case) =>
  judge(
    { ...announcement, origin },
    { address: from, peer: nobody },
    { edge: { ...edge, ...given }, trust: { revocation: null } },
    new Date(),
  );
const refused = (reason: string, authentication = 'anonymous') => ({
  admitted: false,
  authentication,
  reason,
  message: expect.any(String) as string,
  passing: false,
});
const admitted = { admitted: true, authentication: 'anonymous', standing: null };

describe('an announcement of a peer without a certificate', () => {
  it.each<[string, Case, object]>([
    ['mode none', { given: {} }, admitted],
    ['mode none, another address', { given: {}, from: '10.9.9.9' }, refused('addressMismatch')],
    ['mutual', { given: { authentication: 'mutual' } }, refused('noCertificate', 'failed')],
    [
      'mutual, another address',
      { given: { authentication: 'mutual' }, from: '10.9.9.9' },
      refused('noCertificate', 'failed'),
    ],
    ['forwarded, off', { given: {}, origin: elsewhere }, refused('primariesOff')],
    [
      'forwarded, off, mutual',
      { given: { authentication: 'mutual' }, origin: elsewhere },
      refused('primariesOff'),
    ],
    [
      'forwarded, encrypted',
      { given: { fromPrimaries: 'encrypted' }, origin: elsewhere, from: '10.9.9.9' },
      admitted,
    ],
    [
      'forwarded, encrypted, devices mutual',
      { given: { fromPrimaries: 'encrypted', authentication: 'mutual' }, origin: elsewhere },
      admitted,
    ],
    [
      'forwarded, verified',
      { given: { fromPrimaries: 'verified' }, origin: elsewhere },
      refused('noCertificate', 'failed'),
    ],
    [
      'forwarded, began here',
      { given: { fromPrimaries: 'encrypted' }, origin: { ...elsewhere, server: edge.server } },
      refused('loop'),
    ],
    [
      'forwarded, three hops',
      { given: { fromPrimaries: 'encrypted' }, origin: { ...elsewhere, hops: 3 } },
      admitted,
    ],
    [
      'forwarded, four hops',
      { given: { fromPrimaries: 'encrypted' }, origin: { ...elsewhere, hops: 4 } },
      refused('loop'),
    ],
  ])('%s', async (_, given, expected) => {
    expect(await verdict(given)).toEqual(expected);
  });
});
