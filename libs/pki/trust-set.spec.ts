import { expect, it } from 'vitest';
import { Authority } from '../../test/support/authority.js';
import { authoritiesIn } from './authorities.js';
import { selfSigned } from './certificate.js';
import { trustSetFaults } from './trust-set.js';
import { issuingChain } from '../../test/support/issuing-chain.js';

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

it('a bundle is of any order, and each of it an authority', async () => {
  expect(trustSetFaults([root, stranger, issuing].join('\n'), 'bundle', now)).toEqual([]);
  const { certificate } = await selfSigned({ commonName: 'a device' });
  expect(trustSetFaults([root, certificate].join('\n'), 'bundle', now)[0]).toMatch(/^certificate 2 /);
  expect(authoritiesIn([root, stranger].join('\n'))).toHaveLength(2);
});
