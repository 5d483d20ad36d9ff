// Identities that operators and the authority give to console: what no gateway could present is refused where it is given.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorityReport } from '#pki/authority/exchange';
import { namesTextMax } from '#pki/authority/alternative-names';
import { databases, Trial } from '../../../test/support/console.js';
import { OpenSsl } from '../../../test/support/openssl.js';
import { weakIdentities } from '../../../test/support/weak-identities.js';

const openssl = new OpenSsl();
const weak = weakIdentities(openssl);
openssl.authority('good');
const good = openssl.read('good.pem');
afterAll(() => openssl.remove());

const report: AuthorityReport = {
  chain: good,
  url: null,
  list: null,
  identities: [],
  certificates: [],
  cursor: null,
  refused: [],
};

describe.each(databases)('on $name', ({ open }) => {
  let trial: Trial;
  let admin: string;
  let trust: string;
  beforeAll(async () => {
    trial = await Trial.start(await open());
    admin = await trial.token('admin');
    trust = await trial.token('trust');
  });
  afterAll(() => trial.stop());

  const put = (certificates: string) =>
    trial.ask('PUT', '/api/identities/front', { token: admin, body: { certificates, sealed: [] } });
  const tell = (change: Partial<AuthorityReport>) =>
    trial.ask('POST', '/api/authority', { token: trust, body: { ...report, ...change } });

  it.each(weak)(
    'one with $what is refused, by REST and from the authority',
    async ({ certificate, says }) => {
      const fault = { path: 'certificates', message: expect.stringContaining(says) };
      expect(await put(certificate)).toMatchObject({ status: 400, body: { faults: [fault] } });
      const identities = [{ name: 'front', certificates: certificate, sealed: [] }];
      expect(await tell({ identities })).toMatchObject({ status: 400, text: expect.stringContaining(says) });
      expect((await trial.ask('GET', '/api/identities', { token: admin })).body.total).toBe(0);
      expect((await put(good)).status).toBe(204);
      await trial.ask('DELETE', '/api/identities/front', { token: admin });
    },
  );

  it('the authority is heard with as many and as long names as it may have issued', async () => {
    const certificate = {
      serial: 'ab',
      issuer: 'issuing',
      profile: 'server',
      subject: 'CN=muster.example',
      names: 'n'.repeat(namesTextMax),
      device: null,
      fingerprint: 'cd'.repeat(32),
      from: '2026-01-01T00:00:00.000Z',
      until: '2027-01-01T00:00:00.000Z',
      revoked: null,
    };
    expect((await tell({ certificates: [certificate], cursor: '1:ab' })).status).toBe(200);
    const { body } = await trial.ask('GET', '/api/certificates', { token: admin });
    expect(body.items).toMatchObject([{ names: certificate.names }]);
  });
});
