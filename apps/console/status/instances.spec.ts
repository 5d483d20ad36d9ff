// Reports of instances whose clocks are wrong, or that come late.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stamp } from '#events/event';
import { serviceReported } from '#events/service';
import { databases, Trial } from '../../../test/support/console.js';
import { until } from '../../../test/support/until.js';

const [PGlite] = databases;
let trial: Trial;
beforeAll(async () => {
  trial = await Trial.start(await PGlite.open());
});
afterAll(() => trial.stop());

const hourMs = 3_600_000;
const ago = (hours: number): string => new Date(Date.now() - hours * hourMs).toISOString();

interface Saying {
  readonly startedAt: string;
  readonly occurredAt: string;
  readonly sequence: number;
  readonly version: string;
}

/** Resolves when console has taken it, whatever it made of it. */
async function say(instance: string, { startedAt, version, ...stamped }: Saying): Promise<void> {
  const { example } = serviceReported;
  const draft = serviceReported.draft({ ...example, instance, startedAt, version });
  const event = stamp(draft, { publisher: example.service, causedBy: null, traceparent: null, ...stamped });
  await trial.bus.publish([event]);
  await until('it is taken', async () => {
    const taken = 'select 1 from console.inbox where event_id = $1';
    return (await trial.database.query(taken, [event.id])).length === 1;
  });
}

/** What is known of it: which report, and whether it was heard just now. */
async function known(instance: string) {
  const [row] = await trial.database.query(
    `select body->>'version' as version, heard_at between now() - interval '2 minutes' and now() as heard
     from console.instance where instance = $1`,
    [instance],
  );
  return row;
}

const silent = (instance: string) =>
  trial.database.query(
    `update console.instance set heard_at = now() - interval '1 hour' where instance = $1`,
    [instance],
  );

it.each([5, -5])('are heard when they come, by a clock that is %i hours behind too', async (hours) => {
  const instance = randomUUID();
  await say(instance, { startedAt: ago(hours), occurredAt: ago(hours), sequence: 1, version: '1' });
  expect(await known(instance)).toEqual({ version: '1', heard: true });
});

it('that are older do not count, of the same start or an earlier one', async () => {
  const instance = randomUUID();
  const [first, second] = [ago(2), ago(1)];
  await say(instance, { startedAt: first, occurredAt: ago(1.5), sequence: 50, version: 'first' });
  await say(instance, { startedAt: second, occurredAt: ago(0), sequence: 8, version: 'second' });
  await say(instance, { startedAt: second, occurredAt: ago(0.5), sequence: 7, version: 'late' });
  await say(instance, { startedAt: first, occurredAt: ago(1.4), sequence: 51, version: 'later still' });
  expect(await known(instance)).toEqual({ version: 'second', heard: true });
  await silent(instance);
  await say(instance, { startedAt: second, occurredAt: ago(0.5), sequence: 6, version: 'late' });
  expect(await known(instance)).toEqual({ version: 'second', heard: false });
});

it('of a process that started anew by a clock put back count once the one before is silent', async () => {
  const instance = randomUUID();
  await say(instance, { startedAt: ago(1), occurredAt: ago(0), sequence: 50, version: 'before' });
  await silent(instance);
  await say(instance, { startedAt: ago(9), occurredAt: ago(9), sequence: 3, version: 'anew' });
  expect(await known(instance)).toEqual({ version: 'anew', heard: true });
  await say(instance, { startedAt: ago(9), occurredAt: ago(9), sequence: 3, version: 'anew' });
});
