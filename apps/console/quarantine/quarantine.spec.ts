// Held devices from the bus to the list of the REST API, and decisions back to the bus.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceApprovalDecided, deviceQuarantined, type DeviceQuarantined } from '#events/approval';
import type { Event } from '#events/event';
import { settingsBody } from '#events/settings';
import { databases, Trial, type Answer } from '../../../test/support/console.js';
import { schemas } from '../../../libs/answers/answers.js';

describe.each(databases)('approval on $name', ({ open }) => {
  let trial: Trial;
  let token: string;
  beforeAll(async () => {
    trial = await Trial.start(await open());
    token = await trial.token('operator');
  });
  afterAll(() => trial.stop());

  const list = (query = ''): Promise<Answer> => trial.ask('GET', `/api/quarantine?${query}`, { token });
  const decide = (body: object, by = token): Promise<Answer> =>
    trial.ask('POST', '/api/quarantine', { token: by, body });
  const serialsOf = async (query = ''): Promise<readonly string[]> =>
    (await list(query)).body.items.map(({ serial }) => serial);

  const held = (serial: string, change: object = {}, claims: Partial<DeviceQuarantined> = {}): Event => {
    const example = { ...deviceQuarantined.example, others: [], refused: [] };
    const identity = { ...example.identity, serial, ...change };
    return trial.event('discovery', deviceQuarantined.draft({ ...example, serial, identity, ...claims }));
  };
  const decided = (serial: string, outcome: 'admitted' | 'refused' | 'gone' | 'another'): Event => {
    const { example } = deviceApprovalDecided;
    return trial.event(
      'discovery',
      deviceApprovalDecided.draft({ ...example, serial, outcome, deviceId: null }),
    );
  };
  const hear = (...events: readonly Event[]) => trial.hear(...events);

  it('lists who waits, newest first, searched and by pages', async () => {
    await hear(held('WAIT-0001'), held('WAIT-0002', { model: 'Plotter 9' }), held('WAIT-0003'));
    const { body } = await list('limit=2');
    schemas.HeldDeviceList.parse(body);
    expect(body.items.map(({ serial }) => serial)).toEqual(['WAIT-0003', 'WAIT-0002']);
    expect(body.total).toBe(3);
    expect(await serialsOf(`limit=2&after=${body.next}`)).toEqual(['WAIT-0001']);
    expect(await serialsOf('search=plotter')).toEqual(['WAIT-0002']);
    expect((await trial.ask('GET', '/api/overview', { token })).body).toMatchObject({ held: 3 });
  });

  it('shows what came last, in whatever order it comes', async () => {
    const [first, refused] = [held('ORDR-0001'), decided('ORDR-0001', 'refused')];
    const [gone, again] = [decided('ORDR-0002', 'gone'), held('ORDR-0002')];
    await hear(refused);
    await hear(first);
    await hear(again, gone);
    expect(await serialsOf('search=ordr')).toEqual(['ORDR-0002']);
    expect((await list('search=ordr&state=refused')).body.items).toMatchObject([
      { serial: 'ORDR-0001', decidedBy: 'admin', peerAddress: '10.1.2.3' },
    ]);
  });

  it('asks discovery to admit or refuse those named, once, and puts it on record', async () => {
    await hear(held('NAME-0001'), held('NAME-0002'));
    expect(
      (await decide({ action: 'admit', serials: ['NAME-0001'] }, await trial.token('viewer'))).status,
    ).toBe(403);
    const { status, body } = await decide({ action: 'admit', serials: ['NAME-0001'] });
    expect([status, body]).toMatchObject([202, { done: 1, left: 0 }]);
    expect((await trial.told('device.approvalRequested')).at(-1)).toMatchObject({
      serials: ['NAME-0001'],
      decision: 'admit',
    });
    expect(await serialsOf('search=name-')).toEqual(['NAME-0002']);
    await hear(decided('NAME-0001', 'admitted'));
    expect(await serialsOf('search=name-')).toEqual(['NAME-0002']);
    const admin = await trial.token('admin');
    const audit = (await trial.ask('GET', '/api/audit', { token: admin })).body.items;
    expect(audit).toContainEqual(expect.objectContaining({ action: 'device.admitRequested' }));
  });

  const [seenFirst, seenLater] = ['1'.repeat(64), '2'.repeat(64)];
  const upToOf = async (query: string): Promise<number> =>
    ((await list(query)).body as unknown as { readonly upTo: number }).upTo;

  it('decides nothing about what changed since it was seen', async () => {
    await hear(held('CHNG-0001', {}, { claim: seenFirst }), held('CHNG-0002', {}, { claim: seenFirst }));
    const upTo = await upToOf('search=chng-');
    await hear(held('CHNG-0001', {}, { claim: seenFirst }), held('CHNG-0002', {}, { claim: seenLater }));
    expect(await serialsOf('search=chng-')).toEqual(['CHNG-0002', 'CHNG-0001']);
    const step = schemas.HeldStep.parse((await decide({ action: 'admit', search: 'chng-', upTo })).body);
    expect(step).toMatchObject({ done: 1 });
    expect(await serialsOf('search=chng-')).toEqual(['CHNG-0002']);
    const asked = (claim: string) =>
      decide({
        action: 'admit',
        seen: [
          { serial: 'CHNG-0002', claim },
          { serial: 'CHNG-GONE', claim },
        ],
      });
    expect((await asked(seenFirst)).body).toMatchObject({ done: 0, changed: 2 });
    expect((await asked(seenLater)).body).toMatchObject({ done: 1, changed: 1 });
    expect((await trial.told('device.approvalRequested')).at(-1)).toMatchObject({
      serials: ['CHNG-0002'],
      seen: [{ serial: 'CHNG-0002', claim: seenLater }],
    });
  });

  it('shows who else announced it, to be admitted instead', async () => {
    const { others } = deviceQuarantined.example;
    await hear(held('TWO-0001', {}, { others: [] }));
    const upTo = await upToOf('search=two-');
    await hear(held('TWO-0001', {}, { others }));
    const { body } = await list('search=two-');
    schemas.HeldDeviceList.parse(body);
    expect(body.items).toMatchObject([
      { ip: '10.1.2.3', others: [{ ip: '10.9.9.9', claim: others[0]?.claim, verified: false }] },
    ]);
    await decide({ action: 'admit', all: true, upTo });
    expect(await serialsOf('search=two-')).toEqual(['TWO-0001']);
    const seen = [{ serial: 'TWO-0001', claim: others[0]?.claim }];
    expect((await decide({ action: 'admit', seen })).body).toMatchObject({ done: 1, changed: 0 });
  });

  it('leaves out of a decision about many what more than one party announced, and says so', async () => {
    const { others, refused } = deviceQuarantined.example;
    await hear(
      held('SOLE-0001', { ip: '10.81.0.1' }),
      held('SOLE-0002', { ip: '10.81.0.2' }, { others }),
      held('SOLE-0003', { ip: '10.81.0.3' }, { refused }),
    );
    const { body: listed } = await list('search=sole-0003');
    schemas.HeldDeviceList.parse(listed);
    expect(listed.items).toMatchObject([{ others: [], refused: [{ ip: '10.9.9.8' }] }]);
    const contested = await list('search=sole-&contested=true&limit=1');
    expect([contested.body.items.map(({ serial }) => serial), contested.body.total]).toEqual([
      ['SOLE-0003'],
      2,
    ]);
    expect(await serialsOf(`search=sole-&contested=true&after=${contested.body.next}`)).toEqual([
      'SOLE-0002',
    ]);
    expect((await list('contested=false')).status).toBe(400);
    const refusedOne = [{ serial: 'SOLE-0003', claim: refused[0]?.claim }];
    expect((await decide({ action: 'refuse', seen: refusedOne })).body).toMatchObject({
      done: 0,
      changed: 1,
    });
    const [search, found] = [others[0]?.identity.ip ?? '', 'sole-'];
    const filter = { all: [{ field: 'ip', operator: 'inNetwork', value: '10.81.0.0/16' }] };
    const { upTo } = (await list()).body as unknown as { readonly upTo: number };
    for (const which of [{ search }, { serials: ['SOLE-0002'] }]) {
      const { body } = await decide({ action: 'admit', ...which, upTo });
      expect(body).toMatchObject({ done: 0, changed: 0, left: 0, leftOut: { count: 1 } });
    }
    const theirs = { action: 'refuse', search: refused[0]?.identity.ip, upTo };
    expect((await decide(theirs)).body).toMatchObject({ done: 0, leftOut: { count: 1 } });
    expect((await decide({ action: 'admit', filter, upTo })).body).toMatchObject({
      done: 1,
      leftOut: { count: 2, why: expect.stringContaining('more than one party') as string },
    });
    expect((await decide({ action: 'refuse', search: found, upTo })).body).toMatchObject({
      done: 1,
      leftOut: { count: 1 },
    });
    expect(await serialsOf('search=sole-')).toEqual(['SOLE-0002']);
    const seen = [{ serial: 'SOLE-0002', claim: deviceQuarantined.example.claim }];
    expect((await decide({ action: 'refuse', seen })).body).toMatchObject({ done: 1, leftOut: null });
  });

  it('shows again what a decision came too late for', async () => {
    await hear(held('LATE-0001'));
    await decide({ action: 'admit', serials: ['LATE-0001'] });
    expect(await serialsOf('search=late-')).toEqual([]);
    await hear(held('LATE-0001', {}, { claim: seenLater }), decided('LATE-0001', 'another'));
    const missed = async () => (await list('search=late-')).body.items;
    expect(await missed()).toMatchObject([{ serial: 'LATE-0001', missedAt: expect.any(String) as string }]);
    await decide({ action: 'admit', serials: ['LATE-0001'] });
    await hear(decided('LATE-0001', 'another'), decided('LATE-0001', 'refused'));
    expect((await list('search=late-&state=refused')).body.items).toMatchObject([{ serial: 'LATE-0001' }]);
  });

  it('decides about all that a search or a filter finds, in steps, and leaves who came since', async () => {
    await hear(
      ...Array.from({ length: 520 }, (_, at) => held(`STEP-${1000 + at}`, { ip: `10.77.${at % 250}.9` })),
    );
    const { upTo } = (await list('search=step-')).body as unknown as { readonly upTo: number };
    await hear(held('STEP-LATE'));
    const first = await decide({ action: 'refuse', search: 'step-', upTo });
    expect(first.body).toMatchObject({ done: 500, left: 20 });
    expect((await decide({ action: 'refuse', search: 'step-', upTo })).body).toMatchObject({
      done: 20,
      left: 0,
    });
    expect((await decide({ action: 'refuse', search: 'step-', upTo })).body).toMatchObject({ done: 0 });
    expect(await serialsOf('search=step-')).toEqual(['STEP-LATE']);
    await hear(held('FLTR-0001', { ip: '10.78.0.1' }), held('FLTR-0002', { ip: '10.79.0.1' }));
    const filter = { all: [{ field: 'ip', operator: 'inNetwork', value: '10.78.0.0/16' }] };
    expect((await decide({ action: 'admit', filter })).body).toMatchObject({ done: 1, left: 0 });
    expect(await serialsOf('search=fltr')).toEqual(['FLTR-0002']);
    const wrong = { all: [{ field: 'ip', operator: 'inNetwork', value: '10.78.0.0' }] };
    expect((await decide({ action: 'admit', filter: wrong })).status).toBe(400);
    expect((await decide({ action: 'admit', filter, all: true })).status).toBe(400);
    expect((await decide({ action: 'admit' })).status).toBe(400);
  });

  it('names the fault of a rule at its place in the settings', async () => {
    const admin = await trial.token('admin');
    const { version, body } = (await trial.ask('GET', '/api/settings', { token: admin })).body;
    const approvalRules = [
      { name: 'x', filter: { field: 'model', operator: 'inNetwork', value: '10.0.0.0/8' } },
    ];
    const put = { version, body: { ...settingsBody.parse(body), approvalRules } };
    const answer = await trial.ask('PUT', '/api/settings', { token: admin, body: put });
    expect(answer).toMatchObject({
      status: 400,
      body: { faults: [{ path: 'body.approvalRules.0.filter.value' }] },
    });
  });
});
