import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Authority } from '../../test/support/authority.js';
import { authoritiesIn, blocksIn } from './authorities.js';
import { selfSigned } from './self-signed.js';
import { restricted, trustSetFaults } from './trust-set.js';
import { issuingChain } from '../../test/support/issuing-chain.js';
import { publicBundle, withoutBundle } from '../../test/support/public-bundle.js';

const now = new Date();
const { root, issuing, impostor } = await issuingChain();
const stranger = (await Authority.create('Stranger')).certificate;

it.each([
  ['a root', [root]],
  ['an authority and its root', [issuing, root]],
])('%s can be trusted', (_, chain) => {
  expect(trustSetFaults(chain.join('\n'), 'chain', now)).toEqual([]);
});

it.each([
  [
    'the wrong way round',
    [root, issuing],
    /certificate 1 .*Root.* was issued by .*Root.*, and certificate 2 is .*Issuing/,
  ],
  ['a stranger after it', [issuing, stranger], /was issued by .*Root.*, and certificate 2 is .*Stranger/],
  ['one of the same name after it', [issuing, impostor], /was not signed with the key of certificate 2/],
  ['no root', [issuing], /is no root: the certificate of its issuer, .*Root.*, must follow/],
  ['no certificate', ['hello'], /there is no certificate in PEM form/],
])('%s is refused with the reason', (_, chain, reason) => {
  expect(trustSetFaults(chain.join('\n'), 'chain', now)[0]).toMatch(reason);
});

it('what is no authority is refused, and so is what has expired', async () => {
  const { certificate } = await selfSigned({ commonName: 'a device' });
  expect(trustSetFaults(certificate, 'chain', now)[0]).toMatch(/is not that of an authority/);
  const later = new Date('2126-01-01');
  expect(trustSetFaults(root, 'chain', later)[0]).toMatch(/has expired on/);
});

describe('a bundle', () => {
  it('is of any order, and what is no authority is left out of it', async () => {
    const all = [root, stranger, issuing].join('\n');
    expect(trustSetFaults(all, 'bundle', now)).toEqual([]);
    expect(restricted(all, now)).toEqual({ authorities: all, dropped: [] });
    const { certificate } = await selfSigned({ commonName: 'a device' });
    const unreadable = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----';
    const mixed = [root, certificate, unreadable, stranger].join('\n');
    expect(trustSetFaults(mixed, 'bundle', now)).toEqual([]);
    const { authorities, dropped } = restricted(mixed, now);
    expect(authoritiesIn(authorities)).toEqual([root, stranger].map((pem) => pem.trim()));
    expect(dropped).toEqual([
      expect.stringMatching(/^certificate 2 \(.*a device.*\) is not that of an authority/),
      'certificate 3 cannot be read',
    ]);
  });

  it('of nothing that can be trusted is refused with the reasons', async () => {
    const { certificate } = await selfSigned({ commonName: 'a device' });
    expect(trustSetFaults(certificate, 'bundle', now)).toEqual([expect.stringMatching(/^certificate 1 /)]);
    expect(trustSetFaults('hello', 'bundle', now)).toEqual(['there is no certificate in PEM form']);
    expect(restricted(certificate, now)).toEqual({ authorities: certificate, dropped: [] });
    const later = new Date('2126-01-01');
    expect(trustSetFaults(root + stranger, 'bundle', later)[0]).toMatch(/has expired on/);
  });

  it.skipIf(!existsSync(publicBundle))(`as the system has it is taken (${withoutBundle})`, () => {
    const pem = readFileSync(publicBundle, 'utf8');
    const there = blocksIn(pem).length;
    expect(trustSetFaults(pem, 'bundle', now)).toEqual([]);
    const { authorities, dropped } = restricted(pem, now);
    const kept = blocksIn(authorities).length;
    expect(kept + dropped.length).toBe(there);
    expect(kept).toBeGreaterThan(there / 2);
    expect(restricted(authorities, now)).toEqual({ authorities, dropped: [] });
    // In a hundred years none holds.
    const later = trustSetFaults(pem, 'bundle', new Date('2126-01-01'));
    expect(later.join('\n')).toMatch(/^certificate \d+ \(.+\) has expired on /m);
  });
});
