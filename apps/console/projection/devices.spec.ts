// From the bus to the lists of the REST API.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  assessmentFinished,
  assessmentQueued,
  assessmentSkipped,
  assessmentStarted,
} from '#events/assessment';
import { deviceConflictDecided, deviceConflicted } from '#events/conflict';
import { deliveryDied } from '#events/delivery';
import { announcementFiltered, deviceAnnounced } from '#events/announcement';
import {
  deviceDiscovered,
  deviceFlapping,
  deviceGrouped,
  deviceLicensed,
  deviceReconciled,
  deviceRetired,
  type DeviceReconciled,
} from '#events/device';
import type { Event } from '#events/event';
import { assessmentVouched } from '#events/vouch';
import { seatsCounted } from '#events/licence';
import { listenerBody, listenerReported } from '#events/listener';
import { announcementsRefused } from '#events/refusal';
import { databases, Trial, type Answer } from '../../../test/support/console.js';
import { schemas } from '../../../libs/answers/answers.js';
import { historyMax } from './tables.js';

interface Printer {
  readonly deviceId: string;
  readonly identity: typeof deviceDiscovered.example.identity;
}

describe.each(databases)('the projection on $name', ({ open }) => {
  let trial: Trial;
  let token: string;
  beforeAll(async () => {
    trial = await Trial.start(await open());
    token = await trial.token('operator');
  });
  afterAll(() => trial.stop());

  const get = (address: string): Promise<Answer> => trial.ask('GET', address, { token });
  const printer = (serial: string, change: object = {}): Printer => ({
    deviceId: randomUUID(),
    identity: { ...deviceDiscovered.example.identity, serial, ...change },
  });
  const discover = (of: Printer, announcements: string[] = []): Event =>
    trial.event('discovery', deviceDiscovered.draft({ ...deviceDiscovered.example, ...of, announcements }));

  /** Publishes and waits until the last event is in the feed, and with it all before. */
  const hear = (...events: readonly Event[]) => trial.hear(...events);

  it('shows a device from its announcement to its result', async () => {
    const one = printer('ONE-0001');
    const announced = trial.event(
      'gateway',
      deviceAnnounced.draft({ ...deviceAnnounced.example, identity: one.identity }),
    );
    const finished = assessmentFinished.draft({ ...assessmentFinished.example, ...one });
    await hear(
      announced,
      discover(one, [announced.id]),
      trial.event('licensing', deviceLicensed.draft({ ...deviceLicensed.example, ...one })),
      trial.event('autogroup', deviceGrouped.draft({ ...deviceGrouped.example, ...one })),
      trial.event(
        'assessment',
        assessmentStarted.draft({ ...assessmentStarted.example, ...one, taskId: finished.data.taskId }),
      ),
      trial.event('assessment', finished),
    );
    const { body: list } = await get('/api/devices?search=one-0001');
    expect([list.total, list.next]).toEqual([1, null]);
    expect(list.items[0]).toEqual({
      id: one.deviceId,
      ...one.identity,
      status: 'compliant',
      autoDiscovered: true,
      lastPolicyUsed: 'Muster Base',
      agent: { state: 'enabled', server: '', requireMutual: false },
      flapping: null,
      licensed: true,
      groups: [
        { id: 'all', name: 'All devices' },
        { id: 'lobby', name: 'Lobby' },
      ],
      compliance: { compliant: 1, total: 1, score: 100 },
      lastAnnouncedAt: deviceDiscovered.example.acceptedAt,
      lastAssessedAt: assessmentFinished.example.finishedAt,
      putBackAt: null,
    });
    const { body: device } = await get(`/api/devices/${one.deviceId}`);
    expect(device.lastAnnouncement).toMatchObject({
      id: announced.id,
      peerAddress: '10.1.2.3',
      outcome: 'discovered',
    });
    expect(schemas.DeviceDetail.safeParse(device).error).toBeUndefined();
    expect(schemas.DeviceList.safeParse((await get('/api/devices')).body).error).toBeUndefined();
    expect(device.lastAssessment.results).toEqual(assessmentFinished.example.results);
    expect(device.history.map(({ type }: { type: string }) => type).toSorted()).toEqual([
      'assessment.finished',
      'assessment.started',
      'device.discovered',
      'device.grouped',
      'device.licensed',
    ]);
    const { body: announcements } = await get('/api/announcements');
    expect(schemas.AnnouncementList.safeParse(announcements).error).toBeUndefined();
    expect(announcements.items[0]).toMatchObject({
      serial: 'ONE-0001',
      outcome: 'discovered',
      deviceId: one.deviceId,
    });
  });

  it('lists devices by what is known of their agents; one that cannot be read keeps what was known (R9)', async () => {
    const nothing = { enabled: null, server: null, requireMutual: null };
    const agents = {
      'AGENT-1': { enabled: true, server: 'muster.example', requireMutual: true },
      'AGENT-2': { enabled: false, server: '', requireMutual: false },
      'AGENT-3': nothing,
      'AGENT-4': null,
    };
    for (const [serial, agent] of Object.entries(agents)) {
      const one = printer(serial);
      const finished = { ...assessmentFinished.example, ...one, taskId: randomUUID() };
      const unreachable = {
        ...finished,
        taskId: randomUUID(),
        outcome: 'unreachable' as const,
        results: [],
        agent: null,
      };
      await hear(
        discover(one, []),
        trial.event('assessment', assessmentFinished.draft({ ...finished, agent })),
        trial.event('assessment', assessmentFinished.draft(unreachable)),
      );
    }
    const listed = async (state: string) =>
      (await get(`/api/devices?search=agent-&agent=${state}`)).body.items.map(({ serial, agent }) => ({
        serial,
        ...agent,
      }));
    expect(await listed('enabled')).toEqual([
      { serial: 'AGENT-1', state: 'enabled', server: 'muster.example', requireMutual: true },
    ]);
    expect(await listed('disabled')).toMatchObject([{ serial: 'AGENT-2' }]);
    expect(await listed('notSupported')).toMatchObject([{ serial: 'AGENT-3', server: null }]);
    expect(await listed('unknown')).toMatchObject([{ serial: 'AGENT-4' }]);
  });

  it('pages through a list without losing or repeating a device, filtered by group and status', async () => {
    const many = Array.from({ length: 25 }, (_, n) => printer(`PAGE-${1000 + n}`));
    await hear(...many.map((one) => discover(one)));
    await hear(
      ...many
        .slice(0, 5)
        .map((one) => trial.event('autogroup', deviceGrouped.draft({ ...deviceGrouped.example, ...one }))),
    );
    const serials: string[] = [];
    for (let after: string | null = ''; after !== null;) {
      const { body }: Answer = await get(`/api/devices?search=PAGE-&limit=10&after=${after}`);
      expect(body.total).toBe(25);
      serials.push(...body.items.map(({ serial }: { serial: string }) => serial));
      after = body.next;
    }
    expect(serials).toEqual(many.map(({ identity }) => identity.serial));
    expect((await get('/api/devices?search=page-&group=lobby')).body.total).toBe(5);
    expect((await get('/api/devices?search=page-&status=unassessed')).body.total).toBe(25);
    expect((await get('/api/devices?search=page-&status=compliant')).body.total).toBe(0);
    expect((await get('/api/devices?status=odd')).body.faults).toMatchObject([{ path: 'status' }]);
    expect((await get('/api/devices?after=odd')).status).toBe(400);
    expect((await get('/api/devices?search=%25')).body.total).toBe(0);
  });

  it('previews a filter on the devices there are (R55)', async () => {
    await hear(
      discover(printer('PREV-0001', { ip: '10.77.0.1' })),
      discover(printer('PREV-0002', { ip: '10.78.0.1' })),
    );
    const filter = { field: 'ip', operator: 'inNetwork', value: '10.77.0.0/16' };
    const { body } = await trial.ask('POST', '/api/groups/preview', { token, body: { filter } });
    expect([body.total, body.items[0]?.serial]).toEqual([1, 'PREV-0001']);
    const bad = await trial.ask('POST', '/api/groups/preview', { token, body: { filter: { field: 'ip' } } });
    expect(bad.status).toBe(400);
  });

  it('hides a serial number once its device is there, and keeps it in the filter (R33)', async () => {
    const early = printer('LIST-EARLY');
    await hear(discover(early));
    await trial.ask('POST', '/api/serials/import', { token, body: 'LIST-EARLY\nLIST-LATE' });
    const visible = async () =>
      (await get('/api/serials?search=list-')).body.items.map(({ serial }: { serial: string }) => serial);
    expect(await visible()).toEqual(['LIST-LATE']);
    await hear(discover(printer('LIST-LATE')));
    expect(await visible()).toEqual([]);
    const kept = await trial.database.query(
      `select serial from console.serial where serial like 'LIST-%' order by 1`,
    );
    expect(kept).toEqual([{ serial: 'LIST-EARLY' }, { serial: 'LIST-LATE' }]);
  });

  it('says why a device is not assessed, until a later assessment is queued', async () => {
    const far = printer('FAR-0001', { ip: '203.0.113.9' });
    const skipped = { ...assessmentSkipped.example, deviceId: far.deviceId, taskId: null };
    await hear(
      discover(far),
      trial.event('assessment', assessmentSkipped.draft({ ...skipped, reason: 'outsideNetworks' })),
    );
    expect((await get(`/api/devices/${far.deviceId}`)).body.notAssessed).toEqual({
      reason: 'outsideNetworks',
      text: expect.stringContaining('Device networks in the settings'),
      at: expect.stringMatching(/Z$/),
    });
    const refused = await trial.ask('POST', `/api/devices/${far.deviceId}/assess`, { token });
    expect([refused.status, refused.body.detail]).toEqual([
      409,
      expect.stringContaining('203.0.113.9 is outside the device networks'),
    ]);
    const late = trial.event('assessment', assessmentSkipped.draft({ ...skipped, reason: 'switchOff' }));
    await hear(trial.event('assessment', assessmentQueued.draft({ ...assessmentQueued.example, ...far })));
    await hear(late);
    expect((await get(`/api/devices/${far.deviceId}`)).body.notAssessed).toBeNull();
  });

  it('asks for an assessment and a deletion on the control plane, and puts both on record', async () => {
    const one = printer('CMND-0001');
    await hear(discover(one));
    expect((await trial.ask('POST', `/api/devices/${one.deviceId}/assess`, { token })).status).toBe(202);
    const named = { token, body: { policyId: 'base' } };
    expect((await trial.ask('POST', `/api/devices/${one.deviceId}/assess`, named)).status).toBe(202);
    expect((await trial.ask('POST', `/api/devices/${randomUUID()}/assess`, { token })).status).toBe(404);
    expect((await trial.ask('DELETE', `/api/devices/${one.deviceId}`, { token })).status).toBe(204);
    const asked = (await trial.told('assessment.requested')).map(({ policyId }) => policyId);
    expect(asked).toEqual([null, 'base']);
    expect((await trial.told('device.retireRequested')).at(-1)).toMatchObject({ deviceId: one.deviceId });
    await hear(
      trial.event(
        'discovery',
        deviceRetired.draft({ deviceId: one.deviceId, serial: 'CMND-0001', retiredBy: 'admin' }),
      ),
    );
    expect((await get(`/api/devices/${one.deviceId}`)).status).toBe(404);
    expect((await get('/api/devices?search=cmnd')).body.total).toBe(0);
  });

  it('takes an operator’s decision of the conflict that is there, and says what came too late', async () => {
    const one = printer('CNFL-0001');
    const { deviceId } = one;
    const [claim, another] = ['c'.repeat(64), 'd'.repeat(64)];
    const raised = (name: string) =>
      trial.event(
        'discovery',
        deviceConflicted.draft({ ...deviceConflicted.example, deviceId, serial: 'CNFL-0001', claim: name }),
      );
    const decide = (name: string, decision = 'keep', by = token) =>
      trial.ask('POST', `/api/devices/${deviceId}/conflict`, {
        token: by,
        body: { claim: name, decision },
      });
    await hear(discover(one));
    expect((await decide(claim)).body.detail).toMatch(/no such conflict any more/);
    await hear(raised(claim));
    const { body } = await get(`/api/devices/${deviceId}`);
    expect(schemas.DeviceDetail.parse(body)).toMatchObject({
      status: 'conflicted',
      conflicts: [{ claim, known: { ip: '10.1.2.3' }, claimed: { ip: '10.9.9.9' }, because: 'answers' }],
      dismissed: [],
      history: [{ text: expect.stringMatching(/something is still alive at 10\.1\.2\.3/) }, {}],
    });
    expect(await decide(another)).toMatchObject({ status: 409, body: { title: 'Decided too late' } });
    expect((await decide(another)).body.detail).toMatch(/has another conflict/);
    expect((await decide(claim, 'keep', await trial.token('viewer'))).status).toBe(403);
    expect((await decide(claim, 'move')).status).toBe(202);
    expect((await trial.told('device.conflictDecisionRequested')).at(-1)).toMatchObject({
      deviceId,
      claim,
      claimed: { ip: '10.9.9.9' },
      decision: 'move',
    });
    const decided = { ...deviceConflictDecided.example, deviceId, claim, decision: 'keep' as const };
    await hear(
      trial.event('discovery', deviceConflictDecided.draft({ ...decided, outcome: 'kept' as const })),
    );
    expect((await get(`/api/devices/${deviceId}`)).body).toMatchObject({
      conflict: null,
      conflicts: [],
      dismissed: [{ claim, decidedBy: 'admin' }],
    });
    const admin = await trial.token('admin');
    const audit = (await trial.ask('GET', '/api/audit', { token: admin })).body.items;
    expect(audit).toContainEqual(
      expect.objectContaining({ action: 'device.conflictDecisionRequested', target: `device:${deviceId}` }),
    );
  });

  it('says that nobody vouches for a device that was moved without a proof, until an operator does', async () => {
    const one = printer('MOVE-0001');
    const moved = async () =>
      schemas.DeviceDetail.parse((await get(`/api/devices/${one.deviceId}`)).body).moved;
    const reconciled = (change: Partial<DeviceReconciled>): Event => {
      const identity = { ...one.identity, ip: '10.9.9.9' };
      return trial.event(
        'discovery',
        deviceReconciled.draft({ ...deviceReconciled.example, ...one, identity, ...change }),
      );
    };
    const taken = { proof: 'oldAddressSilent', fresh: true, fingerprint: 'c'.repeat(64) } as const;
    const who = { ip: '10.9.9.9', fingerprint: taken.fingerprint };
    await hear(trial.event('discovery', deviceDiscovered.draft({ ...deviceDiscovered.example, ...one })));
    expect(await moved()).toBeNull();
    const operator = await trial.token('operator');
    const vouch = (body: object, token = operator) =>
      trial.ask('POST', `/api/devices/${one.deviceId}/vouch`, { token, body });
    expect(await vouch({ who })).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/not moved/) },
    });
    await hear(reconciled(taken));
    await hear(reconciled({ ...taken, proof: 'sameCertificate', fresh: false }));
    expect(await moved()).toMatchObject({ because: 'oldAddressSilent', who });
    expect((await vouch({ who: { ...who, fingerprint: null } })).status).toBe(409);
    expect((await vouch({ who }, await trial.token('viewer'))).status).toBe(403);
    expect((await vouch({ who })).status).toBe(202);
    const { deviceId } = one;
    expect((await trial.told('assessment.vouchRequested')).at(-1)).toMatchObject({ deviceId, who });
    const word = (outcome: 'vouched' | 'another'): Event =>
      trial.event('assessment', assessmentVouched.draft({ deviceId, who, outcome, vouchedBy: 'ada' }));
    await hear(word('another'));
    expect(await moved()).toMatchObject({ who });
    await hear(reconciled({ ...taken, fingerprint: 'd'.repeat(64) }), word('vouched'));
    expect(await moved()).toMatchObject({ who: { fingerprint: 'd'.repeat(64) } });
    await hear(reconciled(taken), word('vouched'));
    expect(await moved()).toBeNull();
    await hear(reconciled({ ...taken, proof: 'sameAddress' }));
    expect(await moved()).toMatchObject({ because: 'sameAddress' });
    await hear(reconciled({ ...taken, proof: 'verified', fresh: false }));
    expect(await moved()).toBeNull();
  });

  it('shows who was turned away, of all and with the serial number of a device', async () => {
    const one = printer('TURN-0001');
    const [refusal] = announcementsRefused.example.refusals;
    if (!refusal) throw new Error('the example has one');
    const told = (change: object, lastAt = new Date().toISOString()) =>
      trial.event(
        'gateway',
        announcementsRefused.draft({
          ...announcementsRefused.example,
          refusals: [{ ...refusal, lastAt, ...change }],
        }),
      );
    await hear(discover(one), told({ serial: 'TURN-0001', reason: 'expired' }), told({ peer: '10.9.9.8' }));
    await hear(told({ reason: 'expired', count: 4 }));
    expect(schemas.RefusalList.parse((await get('/api/announcements/refused')).body).items).toMatchObject([
      { peer: '10.9.9.9', reason: 'expired', serial: 'TURN-0001', count: 7 },
      { peer: '10.9.9.8', reason: 'switchedOff', serial: null, count: 3 },
    ]);
    expect((await get(`/api/devices/${one.deviceId}`)).body).toMatchObject({
      refusals: [{ reason: 'expired', count: 7 }],
    });
    const many = Array.from({ length: 50 }, (_, at) => ({ ...refusal, peer: `10.8.0.${at}` }));
    for (let reason = 0; reason < 24; reason += 1) {
      const refusals = many.map((each) => ({ ...each, reason: `reason${reason}` }));
      await hear(
        trial.event('gateway', announcementsRefused.draft({ ...announcementsRefused.example, refusals })),
      );
    }
    const rows = await trial.database.query('select 1 from console.refusal');
    expect(rows).toHaveLength(1_000);
  });

  it('shows who announces itself too often, for a day, and finds them (R18)', async () => {
    const [one, other] = [printer('FLAP-0001'), printer('FLAP-0002')];
    const flap = (announcedPerMinute: number, ageHours: number) => ({
      ...trial.event(
        'discovery',
        deviceFlapping.draft({ deviceId: one.deviceId, serial: 'FLAP-0001', announcedPerMinute }),
      ),
      occurredAt: new Date(Date.now() - ageHours * 3_600_000).toISOString(),
    });
    const found = async () =>
      (await get('/api/devices?search=flap-&flapping=true')).body.items.map(({ serial }) => serial);
    await hear(discover(one), discover(other), flap(17, 25));
    expect(await found()).toEqual([]);
    expect((await get(`/api/devices/${one.deviceId}`)).body).toMatchObject({ flapping: null });
    // What comes late does not take the place of what is newer.
    await hear(flap(18, 1), flap(16, 2));
    expect(await found()).toEqual(['FLAP-0001']);
    expect((await get(`/api/devices/${one.deviceId}`)).body).toMatchObject({
      flapping: { announcedPerMinute: 18 },
    });
    expect((await get('/api/devices?flapping=no')).status).toBe(400);
  });

  it('keeps the newest entries of a history', async () => {
    const one = printer('HIST-0001');
    const flap = (announcedPerMinute: number) =>
      trial.event(
        'discovery',
        deviceFlapping.draft({ deviceId: one.deviceId, serial: 'HIST-0001', announcedPerMinute }),
      );
    await hear(discover(one), ...Array.from({ length: historyMax + 50 }, (_, n) => flap(n + 1)));
    const { body } = await get(`/api/devices/${one.deviceId}`);
    expect(body.history).toHaveLength(historyMax);
    expect(body.history[0]?.text).toContain(`${historyMax + 50} times a minute`);
    const kept = await trial.database.query('select 1 from console.history where device_id = $1', [
      one.deviceId,
    ]);
    expect(kept).toHaveLength(historyMax);
  });

  it('counts what there is', async () => {
    const before = (await get('/api/overview')).body;
    const one = printer('OVER-0001');
    const cause = { trigger: 'requested' as const, requestedBy: ['ada', 'bob'] };
    await hear(
      discover(one),
      trial.event('licensing', seatsCounted.draft({ seats: 500, taken: 3, waiting: 1 })),
      trial.event(
        'assessment',
        assessmentStarted.draft({ ...assessmentStarted.example, ...one, ...cause, taskId: randomUUID() }),
      ),
    );
    const { body } = await get('/api/overview');
    expect(body).toMatchObject({
      devices: before.devices + 1,
      assessing: before.assessing + 1,
      seats: { seats: 500, taken: 3, waiting: 1 },
      tasks: { queued: before.tasks.queued, running: before.tasks.running + 1 },
      acceptAnnouncements: false,
    });
    const { body: tasks } = await get('/api/tasks');
    expect(schemas.TaskList.safeParse(tasks).error).toBeUndefined();
    expect(tasks.items[0]).toMatchObject({
      serial: 'OVER-0001',
      state: 'running',
      cause: { ...cause, run: null },
      policies: [{ policyId: 'base' }],
      attempt: 1,
    });
  });

  it('shows refused announcements, listeners and dead deliveries', async () => {
    const identity = { ...deviceAnnounced.example.identity, serial: 'FILT-0001' };
    const announced = trial.event('gateway', deviceAnnounced.draft({ ...deviceAnnounced.example, identity }));
    const refused = announcementFiltered.draft({
      announcement: announced.id,
      identity,
      reason: 'serialNotListed',
    });
    const dead = deliveryDied.draft({ ...deliveryDied.example, eventId: randomUUID() });
    await trial.ask('PUT', '/api/listeners/site2', {
      token,
      body: { version: 0, body: listenerBody.parse({ name: 'Site 2', host: 'site2.example' }) },
    });
    await hear(
      trial.event('discovery', refused),
      announced,
      trial.event('forwarding', listenerReported.draft(listenerReported.example)),
      trial.event('licensing', dead),
    );
    const { body: announcements } = await get('/api/announcements');
    expect(announcements.items).toContainEqual(
      expect.objectContaining({
        serial: 'FILT-0001',
        outcome: 'filtered',
        detail: 'its serial number is not on the list',
      }),
    );
    expect((await get('/api/listeners')).body.items).toMatchObject([
      { id: 'site2', report: { state: 'delivering', waiting: 3 } },
    ]);
    expect((await get('/api/deliveries')).body.items).toMatchObject([
      { consumer: 'licensing.seats', attempts: 4 },
    ]);
    const decide = { token, body: { action: 'replay' } };
    expect(
      (await trial.ask('POST', `/api/deliveries/licensing.seats/${dead.data.eventId}`, decide)).status,
    ).toBe(202);
    expect((await get('/api/deliveries')).body.items).toEqual([]);
    expect((await trial.told('delivery.replayRequested')).at(-1)).toMatchObject({ action: 'replay' });
  });

  it('takes the newest of several reports, whatever comes last', async () => {
    const [older, newer] = [
      trial.event('licensing', seatsCounted.draft({ seats: 500, taken: 7, waiting: 0 })),
      trial.event('licensing', seatsCounted.draft({ seats: 500, taken: 8, waiting: 0 })),
    ];
    await hear(newer);
    await hear(older);
    expect((await get('/api/overview')).body.seats).toMatchObject({ taken: 8 });
  });
});
