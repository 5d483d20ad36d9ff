// A page shows what is, whenever it changed: while an answer was on its way, before the event stream began, while console was away.
import { randomUUID } from 'node:crypto';
import type { Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceDiscovered } from '#events/device';
import { until } from '../support/until.js';
import type { Visitor } from './chromium.js';
import { visit, type Visit } from './visit.js';

const devices = /\/api\/devices\?/;
const overview = '**/api/overview';
const stream = '**/api/events';

describe('a page that is open', () => {
  let visited: Visit;
  let visitor: Visitor;

  beforeAll(async () => {
    visited = await visit('/devices', 'Devices');
    ({ visitor } = visited);
  }, 120_000);
  afterAll(() => visited?.stop(), 60_000);

  const discover = async (serial: string): Promise<void> => {
    const identity = { ...deviceDiscovered.example.identity, serial };
    const found = { ...deviceDiscovered.example, deviceId: randomUUID(), identity };
    await visited.trial.hear(visited.trial.event('discovery', deviceDiscovered.draft(found)));
  };
  const row = (serial: string) => visitor.page.getByRole('row').filter({ hasText: serial });

  it('asks again for a list that changed while its answer was on its way', async () => {
    const { page } = visitor;
    await discover('FRESH-0000');
    await row('FRESH-0000').waitFor();
    const first = await holdOne(devices);
    // What the page does with what it hears shows at the figure beside, which nobody holds back.
    let beside = page.waitForRequest(overview);
    await discover('FRESH-0001');
    await Promise.all([first.answered, beside]);
    beside = page.waitForRequest(overview);
    await discover('FRESH-0002');
    await beside;
    first.letGo();
    await row('FRESH-0001').waitFor();
    await row('FRESH-0002').waitFor();
  });

  it('asks again for what it was told before its event stream began', async () => {
    const { page } = visitor;
    const begins = Promise.withResolvers<void>();
    await page.route(stream, async (route) => {
      await begins.promise;
      await route.continue();
    });
    await visitor.goTo('/devices');
    await row('FRESH-0002').waitFor();
    await discover('FRESH-0003');
    expect(await row('FRESH-0003').count()).toBe(0);
    begins.resolve();
    await row('FRESH-0003').waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  it('asks again for what it could not get while console was away, once its event stream goes on', async () => {
    const { page } = visitor;
    const back = Promise.withResolvers<void>();
    await page.route(devices, (route) => route.abort());
    let streams = 0;
    await page.route(stream, async (route) => {
      streams += 1;
      if (streams === 1) return route.fulfill({ contentType: 'text/event-stream', body: 'retry: 100\n\n' });
      await back.promise;
      return route.continue();
    });
    await visitor.goTo('/devices');
    await page.getByText('Muster cannot be reached').waitFor();
    await until('the stream is asked for again', () => streams > 1);
    await page.unroute(devices);
    await discover('FRESH-0004');
    back.resolve();
    await row('FRESH-0004').waitFor();
  });

  /** The next answer at this address is kept from the page until it is let go; those after it are not. */
  async function holdOne(
    url: RegExp,
  ): Promise<{ readonly answered: Promise<void>; readonly letGo: () => void }> {
    const answered = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const hold = async (route: Route): Promise<void> => {
      const response = await route.fetch();
      answered.resolve();
      await go.promise;
      await route.fulfill({ response });
    };
    await visitor.page.route(url, hold, { times: 1 });
    return { answered: answered.promise, letGo: go.resolve };
  }
});
