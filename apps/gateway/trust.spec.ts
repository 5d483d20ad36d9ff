// What an operator is told of authorities of which no list says anything: openssl's root and the one below it.
import { expect, it } from 'vitest';
import { issuingChain } from '../../test/support/issuing-chain.js';
import { listeningLog } from '../../test/support/silent.js';
import { until } from '../../test/support/until.js';
import { edgeConfigured } from '#events/settings';
import { EdgeTrust } from './trust.js';

it('is told once for each trust set, and soft makes no trouble of it', async () => {
  const { root, issuing } = await issuingChain();
  const log = listeningLog();
  const trust = new EdgeTrust({ log, folder: null, keptIn: null });
  const follow = (version: number, policy: 'soft' | 'hard', trustedAuthorities: string): void => {
    const revocation = { policy, crlUrls: [], ocspUrl: 'http://127.0.0.1:9/ocsp' };
    const edge = { ...edgeConfigured.example, version, authentication: 'mutual' as const };
    trust.follow({ ...edge, trustedAuthorities, revocation });
  };
  const told = () => log.lines.filter(({ message }) => message.startsWith('No list says'));

  follow(1, 'soft', root + issuing);
  await until('it is told', () => told().length === 1);
  follow(2, 'soft', root + issuing);
  follow(3, 'soft', root);
  expect(trust.problems()).toEqual([]);
  follow(4, 'hard', root + issuing);
  await until('it is told of the next set', () => told().length === 2);
  const says = 'no list of CN=Root is held, which would say whether CN=Issuing was revoked';
  expect(told().map(({ fields }) => fields)).toEqual([
    { count: 1, authorities: [says] },
    { count: 1, authorities: [says] },
  ]);
  expect(trust.problems()).toEqual([says]);
  await trust.stop();
});
