// Policy as code over the REST API: out as YAML, in again, and what changed in words.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, Trial } from '../../../test/support/console.js';

describe.each(databases)('policies as files on $name', ({ open }) => {
  let trial: Trial;
  let token: string;
  beforeAll(async () => {
    trial = await Trial.start(await open());
    token = await trial.token('operator');
  });
  afterAll(() => trial.stop());

  const exported = async (id: string): Promise<string> => {
    const { status, headers, text } = await trial.ask('GET', `/api/policies/${id}/yaml`, { token });
    expect([status, headers.get('content-type')]).toEqual([200, 'application/yaml; charset=utf-8']);
    return text;
  };
  const imported = (body: string, query = '') =>
    trial.ask('POST', `/api/policies/import${query}`, {
      token,
      body,
      headers: { 'content-type': 'application/yaml' },
    });
  const versionOf = async (id: string) =>
    (await trial.ask('GET', `/api/policies/${id}`, { token })).body.version;

  it('what was exported and not changed is no new version', async () => {
    const before = await versionOf('base');
    expect(await imported(await exported('base'))).toMatchObject({
      status: 200,
      body: { id: 'base', version: before, outcome: 'unchanged', saved: false, changes: [] },
    });
    expect(await versionOf('base')).toBe(before);
  });

  it('a change is told before it is made, made once, told afterwards, and stands in the audit log', async () => {
    const before = await versionOf('base');
    const text = (await exported('base')).replace('required: 240', 'required: 120');
    const said =
      'Held jobs are deleted after (jobs.holdTimeoutMinutes): required value at most 240 minutes → at most 120 minutes';
    const changes = [{ setting: 'jobs.holdTimeoutMinutes', field: 'required', text: said }];
    expect((await imported(text, '?dryRun=true')).body).toMatchObject({
      version: before,
      outcome: 'changed',
      saved: false,
      changes,
    });
    expect(await versionOf('base')).toBe(before);
    expect((await imported(text)).body).toMatchObject({ version: before + 1, saved: true, changes });
    const { body } = await trial.ask('GET', '/api/policies/base/diff', { token });
    expect(body).toMatchObject({ from: before, to: before + 1, changes });
    const whole = await trial.ask('GET', `/api/policies/base/diff?from=0&to=${before}`, { token });
    expect(whole.body).toMatchObject({ from: 0, to: before });
    const none = await trial.ask('GET', `/api/policies/base/diff?from=77`, { token });
    expect([none.status, none.body.detail]).toEqual([404, 'There is no version 77 of the policy base.']);
    const admin = await trial.token('admin');
    const audit = await trial.ask('GET', '/api/audit', { token: admin });
    expect(audit.body.items[0]).toMatchObject({ action: 'policy.saved', target: 'policy:base' });
  });

  it('a policy that is not there is made', async () => {
    const text = 'policy: lobby\nname: Lobby\nitems:\n  - { setting: svc.telnet, required: false }\n';
    expect((await imported(text)).body).toMatchObject({
      id: 'lobby',
      version: 1,
      outcome: 'new',
      saved: true,
    });
    expect((await trial.ask('GET', '/api/policies/lobby', { token })).body).toMatchObject({
      body: { name: 'Lobby', items: [{ setting: 'svc.telnet', severity: 'high' }] },
    });
  });

  it('rules of IPsec are a part of it, checked by the page and by a file alike', async () => {
    const rule = `{ name: hosts, local: all, remote: 10.1.0.1, certificate: rsa, strength: strong, dh: ecp256 }`;
    const text = `policy: office\nname: Office\nitems: []\nipsec:\n  rules:\n    - ${rule}\n`;
    const said =
      'IPsec rules: added, required hosts: all with 10.1.0.1; certificate rsa, strength strong, dh ecp256';
    expect((await imported(text)).body).toMatchObject({ outcome: 'new', changes: [{}, { text: said }] });
    const { body } = (await trial.ask('GET', '/api/policies/office', { token })).body;
    expect(body).toMatchObject({ ipsec: { severity: 'high', remediate: true, rules: [{ name: 'hosts' }] } });
    expect(await imported(await exported('office'))).toMatchObject({ body: { outcome: 'unchanged' } });
    expect(await imported(text.replace('ecp256', 'dh14'))).toMatchObject({
      status: 400,
      body: { faults: [{ path: 'ipsec.rules.0.dh', line: 6 }] },
    });
    const weak = JSON.parse(JSON.stringify(body).replace('ecp256', 'dh14')) as object;
    const put = await trial.ask('PUT', '/api/policies/office', { token, body: { version: 1, body: weak } });
    expect(put).toMatchObject({ status: 400, body: { faults: [{ path: 'body.ipsec.rules.0.dh' }] } });
  });

  it('every fault is named by line and column, and nothing is saved', async () => {
    const before = await versionOf('base');
    const text = (await exported('base'))
      .replace(/required: (?:120|240)/, 'required: often')
      .replace('high', 'hihg');
    const { status, body } = await imported(text);
    expect(status).toBe(400);
    expect(body.detail).toMatch(/^Line \d+, column \d+: items\.0\.severity: .* 2 things are wrong in all\.$/);
    expect(body.faults).toMatchObject([
      { path: 'items.0.severity', line: expect.any(Number) as unknown, column: 5 },
      { path: expect.stringMatching(/^items\.\d+\.required$/) as unknown, column: 5 },
    ]);
    expect(await versionOf('base')).toBe(before);
    const other = await trial.ask('POST', '/api/policies/import', { token, body: { policy: 'base' } });
    expect([other.status, other.body.detail]).toEqual([
      400,
      'Send the policy as application/yaml or text/plain.',
    ]);
  });
});
