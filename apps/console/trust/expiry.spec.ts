// Certificates that end are told (R84): once a day each by an event, on the page with the date in GMT, by a metric.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { serviceReported } from '#events/service';
import { Store } from '#store/store';
import { OpenSsl } from '../../../test/support/openssl.js';
import { databases, openTrialBus, Trial } from '../../../test/support/console.js';
import { listeningLog } from '../../../test/support/silent.js';
import { until } from '../../../test/support/until.js';
import { warnOfEndings } from './expiry.js';

const openssl = new OpenSsl();
afterAll(() => openssl.remove());

function root(name: string, days: number): string {
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem'];
  const said = [
    '-subj',
    `/CN=${name}`,
    '-days',
    String(days),
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  ];
  openssl.run('req', '-x509', ...made, ...said, '-out', `${name}.pem`);
  return openssl.read(`${name}.pem`);
}
const ends = (name: string): string =>
  openssl
    .run('x509', '-in', `${name}.pem`, '-noout', '-enddate', '-dateopt', 'iso_8601')
    .slice(9, 29)
    .replace(' ', 'T');

describe.each(databases)('on $name', ({ open }) => {
  let trial: Trial;
  let token: string;
  beforeAll(async () => {
    trial = await Trial.start(await open());
    token = await trial.token('admin');
  });
  afterAll(() => trial.stop());

  const put = (id: string, authorities: string, kind = 'chain') => {
    const revocation = { policy: 'off', crlUrls: [], ocspUrl: null };
    const body = { name: `Set ${id}`, kind, authorities, revocation };
    return trial.ask('PUT', `/api/trust-sets/${id}`, { token, body: { version: 0, body } });
  };
  const troubles = async () => {
    const { body } = await trial.ask('GET', '/api/status', { token });
    return 'troubles' in body ? (body.troubles as readonly string[]) : [];
  };

  const save = async (change: object) => {
    const { body } = await trial.ask('GET', '/api/settings', { token });
    const sent = { version: body.version, body: { ...body.body, ...change } };
    expect((await trial.ask('PUT', '/api/settings', { token, body: sent })).status).toBe(200);
  };
  const endings = async () => (await troubles()).filter((trouble) => trouble.includes('certificate'));

  it('the trust set in use is a trouble with its date where it ends within 31 days, another one is none', async () => {
    expect((await put('soon', root('soon', 30))).status).toBe(200);
    expect((await put('later', root('later', 33))).status).toBe(200);
    await save({ trustSet: 'soon' });
    expect(await endings()).toEqual([]);
    await save({ trustSet: 'later', authentication: 'mutual' });
    expect(await endings()).toEqual([]);
    await save({ trustSet: 'soon' });
    const until = new Date(`${ends('soon').slice(0, 19)}Z`).toUTCString();
    expect(await endings()).toEqual([`the trust set Set soon: the certificate CN=soon ends on ${until}`]);
  });

  it('of a bundle it is the last root to end, once no other is left', async () => {
    const [first, last] = [root('first', 10), root('last', 20)];
    expect((await put('public', first + last + root('lasting', 33), 'bundle')).status).toBe(200);
    expect((await put('ended', first + last, 'bundle')).status).toBe(200);
    await save({ trustSet: 'public' });
    expect(await endings()).toEqual([]);
    await save({ trustSet: 'ended' });
    expect(await endings()).toEqual([expect.stringMatching(/^the trust set Set ended: .* CN=last ends on /)]);
    await save({ trustSet: null, authentication: 'none' });
  });

  it('so are the authorities of the settings while they are in use: for verified primaries, too', async () => {
    const own = async () => (await troubles()).filter((trouble) => trouble.includes('CN=primaries ends on'));
    await save({ trustedAuthorities: root('primaries', 30) });
    expect(await own()).toEqual([]);
    await save({ fromPrimaries: 'verified' });
    expect(await own()).toHaveLength(1);
    await save({ fromPrimaries: 'verified', trustSet: 'soon', trustedAuthorities: '' });
  });

  it('a gateway that shows what ends soon is a trouble too, and so is one that cannot show what was chosen', async () => {
    const identity = {
      name: null,
      subject: 'CN=own',
      fingerprint: 'ab'.repeat(32),
      until: new Date(Date.now() - 86_400_000).toISOString(),
    };
    const edge = { sealingKey: null, identity, problem: 'the identity "front" cannot be presented' };
    const report = { ...serviceReported.example, service: 'gateway', instance: 'trial', edge };
    await trial.bus.publish([trial.event('gateway', serviceReported.draft(report))]);
    const told = await until('it is heard', async () => {
      const all = await troubles();
      return all.some((trouble) => trouble.includes('cannot be presented')) && all;
    });
    expect(told).toContainEqual(expect.stringMatching(/^gateway \(trial\): .* has expired, on .* GMT$/));
    expect(told).toContainEqual(expect.stringContaining('"front" cannot be presented'));
    const { body } = await trial.ask('GET', '/api/gateways', { token });
    expect(body.items).toEqual([expect.objectContaining({ gateway: 'trial', sealingFingerprint: null })]);
  });

  it('is told by an event and a line of the log once a day, by whichever instance is first', async () => {
    const log = listeningLog();
    const whole = { ...log, child: () => whole };
    const store = new Store(trial.database, 'console');
    // Its own look, once a minute, would come in between.
    await trial.host.stop();
    await trial.database.query('delete from console.expiry_warning');
    const before = (await trial.told('certificate.expiryWarned')).length;
    const bus = openTrialBus(trial.database);
    onTestFinished(() => bus.stop());
    const parts = { store, bus, log: whole, instance: 'trial' };
    await Promise.all([warnOfEndings(parts), warnOfEndings(parts)]);
    await warnOfEndings(parts);
    const warned = (await trial.told('certificate.expiryWarned')).slice(before);
    expect(warned.map((data) => ('kind' in data ? data.kind : null)).toSorted()).toEqual([
      'gateway',
      'trustSet',
    ]);
    const lines = log.lines.map(({ fields }) => fields);
    expect(lines).toHaveLength(2);
    expect(lines).toContainEqual(expect.objectContaining({ code: 'certificateExpired', holder: 'trial' }));
    expect(lines).toContainEqual(
      expect.objectContaining({
        code: 'certificateExpires',
        kind: 'trustSet',
        until: expect.stringMatching(/ GMT$/),
      }),
    );
    await trial.database.query(
      `update console.expiry_warning set warned_at = warned_at - interval '25 hours'`,
    );
    await warnOfEndings(parts);
    expect(await trial.told('certificate.expiryWarned')).toHaveLength(before + 4);
  });
});
