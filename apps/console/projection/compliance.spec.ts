// Scores and rows of baselines over the REST API, from assessments as they are told.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished, type AssessmentFinished } from '#events/assessment';
import type { SettingResult } from '#events/device-setting';
import { deviceDiscovered, deviceGrouped, deviceRetired } from '#events/device';
import { assessmentUndone } from '#events/undo';
import type { Event } from '#events/event';
import { databases, Trial } from '../../../test/support/console.js';
import { until } from '../../../test/support/until.js';
import { schemas } from '../../../libs/answers/answers.js';

const result = (
  setting: string,
  outcome: SettingResult['outcome'],
  more: Partial<SettingResult> = {},
): SettingResult => ({
  setting,
  title: setting,
  category: 'Network services',
  severity: 'high',
  policyId: 'base',
  required: false,
  before: true,
  after: outcome === 'unsupported' ? null : outcome !== 'remediated',
  outcome,
  detail: null,
  ...more,
});
const names = ['good', 'bad', 'silent', 'gone', 'open', 'new', 'bare'] as const;
type Name = (typeof names)[number];
const ids = Object.fromEntries(names.map((name) => [name, randomUUID()])) as Record<Name, string>;

describe.each(databases)('compliance on $name', ({ open }) => {
  let trial: Trial;
  let token: string;

  const about = (name: Name) => ({
    deviceId: ids[name],
    identity: { ...deviceDiscovered.example.identity, serial: `PRINTER-${name.toUpperCase()}` },
  });
  const found = (name: Name): Event =>
    trial.event('discovery', deviceDiscovered.draft({ ...deviceDiscovered.example, ...about(name) }));
  const assessed = (name: Name, more: Partial<AssessmentFinished>): Event =>
    trial.event(
      'assessment',
      assessmentFinished.draft({
        ...assessmentFinished.example,
        ...about(name),
        taskId: randomUUID(),
        ...more,
      }),
    );
  const get = async (address: string) => (await trial.ask('GET', address, { token })).body;

  beforeAll(async () => {
    trial = await Trial.start(await open());
    token = await trial.token('viewer');
    const body = { name: 'Lobby', kind: 'manual', priority: 10, members: [], policyId: null, filter: null };
    const put = { token: await trial.token('operator'), body: { version: 0, body } };
    expect((await trial.ask('PUT', '/api/groups/lobby', put)).status).toBe(200);
    const lobby = deviceGrouped.draft({ ...deviceGrouped.example, ...about('bad') });
    const read = [
      result('svc.telnet', 'compliant', { before: false }),
      result('svc.ftp', 'nonCompliant', { before: true }),
    ];
    const events = [
      ...names.map(found),
      trial.event('autogroup', lobby),
      assessed('good', {
        results: [
          result('svc.telnet', 'remediated'),
          result('svc.ftp', 'compliant', { after: false }),
          result('svc.nonIp', 'unsupported'),
        ],
      }),
      assessed('bad', {
        outcome: 'nonCompliant',
        results: [
          result('svc.telnet', 'compliant', { after: false }),
          result('svc.ftp', 'nonCompliant'),
          result('svc.nonIp', 'unsupported', { unsupported: 'fail', severity: 'medium' }),
          result('panel.lock', 'failed', { severity: 'low', after: null }),
        ],
      }),
      assessed('bad', { mode: 'dryRun', outcome: 'nonCompliant', policies: [], results: read }),
      assessed('silent', { outcome: 'unreachable', results: [] }),
      assessed('gone', { results: [result('svc.ftp', 'nonCompliant')] }),
      trial.event('discovery', deviceRetired.draft({ ...deviceRetired.example, ...about('gone') })),
      assessed('open', { results: [result('svc.telnet', 'remediated')] }),
      trial.event('assessment', assessmentUndone.draft({ ...assessmentUndone.example, ...about('open') })),
      assessed('bare', { results: [result('svc.nonIp', 'unsupported')] }),
    ];
    await trial.bus.publish(events);
    const wanted = events.map(({ id }) => id);
    await until('all events are projected', async () => {
      const rows = await trial.database.query(
        `select 1 from console.feed where event->>'id' = any($1::text[])`,
        [wanted],
      );
      return rows.length === wanted.length;
    });
  });
  afterAll(() => trial.stop());

  it('of a device: its score, and each row with the settings that answer it', async () => {
    const good = await get(`/api/devices/${ids.good}/compliance`);
    expect(schemas.DeviceCompliance.parse(good)).toMatchObject({
      score: 100,
      right: 2,
      wrong: 0,
      leftOut: 1,
    });
    const bad = schemas.DeviceCompliance.parse(await get(`/api/devices/${ids.bad}/compliance`));
    // 5 of 5 + 5 + 3 + 1.
    expect(bad).toMatchObject({ score: 35, right: 1, wrong: 3, leftOut: 0 });
    expect(bad.baselines.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['STIG V-6777', 'wrong'],
      ['STIG V-6783', 'wrong'],
      ['STIG V-6806', 'wrong'],
      ['NIST CM-5', 'wrong'],
      ['NIST CM-7', 'wrong'],
      ['NIST SC-8', 'wrong'],
    ]);
    const silent = schemas.DeviceCompliance.parse(await get(`/api/devices/${ids.silent}/compliance`));
    expect(silent).toMatchObject({ score: null, baselines: [] });
    expect(await get(`/api/devices?search=printer-bad`)).toMatchObject({
      items: [{ compliance: { compliant: 1, score: 35 } }],
    });
  });

  it('of all devices, and of a group: their mean, and how many each row holds for', async () => {
    const all = schemas.Compliance.parse(await get('/api/compliance'));
    const withoutScore = { putBack: 1, unassessed: 1, notRead: 1, nothingCounts: 1 };
    expect(all).toMatchObject({ score: 67, devices: 6, scored: 2, withoutScore });
    expect(all.baselines.map(({ id, right, wrong }) => [id, right, wrong])).toEqual([
      ['STIG V-6777', 0, 1],
      ['STIG V-6783', 1, 1],
      ['STIG V-6806', 0, 1],
      ['NIST CM-5', 0, 1],
      ['NIST CM-7', 1, 1],
      ['NIST SC-8', 1, 1],
    ]);
    const lobby = schemas.Compliance.parse(await get('/api/compliance?group=lobby'));
    const none = { putBack: 0, unassessed: 0, notRead: 0, nothingCounts: 0 };
    expect(lobby).toMatchObject({ score: 35, devices: 1, scored: 1, withoutScore: none });
    const nobody = await trial.ask('GET', '/api/compliance?group=nobody', { token });
    expect(nobody.status).toBe(404);
  });

  it('of a device that was put back: since when it has none', async () => {
    const open = schemas.DeviceCompliance.parse(await get(`/api/devices/${ids.open}/compliance`));
    expect(open).toMatchObject({ score: null, right: 0, putBackAt: assessmentUndone.example.finishedAt });
    expect(await get('/api/overview')).toMatchObject({ unassessed: 2, putBack: 1 });
  });

  it('what was read of a device is a policy for others', async () => {
    expect(schemas.PolicyBody.parse(await get(`/api/devices/${ids.bad}/policy`))).toMatchObject({
      name: 'Like PRINTER-BAD',
      items: [
        { setting: 'svc.telnet', required: false },
        { setting: 'svc.ftp', required: true },
      ],
    });
    expect(await trial.ask('GET', `/api/devices/${ids.silent}/policy`, { token })).toMatchObject({
      status: 404,
      body: {
        detail: expect.stringContaining('Nobody has asked this device for all its settings') as string,
      },
    });
  });
});
