// The list of devices as a laptop shows it: no word of Muster's own is broken in its narrow columns.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished } from '#events/assessment';
import { deviceDiscovered, deviceGrouped, deviceLicensed } from '#events/device';
import { laptop } from './chromium.js';
import { visit, type Visit } from './visit.js';

describe('the list of devices', () => {
  let visited: Visit | undefined;
  beforeAll(async () => {
    visited = await visit('/devices', 'Devices');
    const { trial } = visited;
    const { example } = assessmentFinished;
    const server = 'instant-on.printing.example.org';
    const agents = [
      { enabled: null, server: null, requireMutual: null },
      { enabled: false, server: '', requireMutual: false },
      { enabled: true, server, requireMutual: true },
      null,
    ];
    const outcomes = ['nonCompliant', 'unreachable', 'compliant', 'failed'] as const;
    for (const [nth, agent] of agents.entries()) {
      const serial = `VNB3F0000${nth}`;
      const of = { deviceId: randomUUID(), identity: { ...deviceDiscovered.example.identity, serial } };
      await trial.hear(
        trial.event('discovery', deviceDiscovered.draft({ ...deviceDiscovered.example, ...of })),
        trial.event('licensing', deviceLicensed.draft({ ...deviceLicensed.example, ...of })),
        trial.event('autogroup', deviceGrouped.draft({ ...deviceGrouped.example, ...of })),
        trial.event(
          'assessment',
          assessmentFinished.draft({
            ...{ ...example, ...of, taskId: randomUUID(), agent },
            outcome: outcomes[nth] ?? 'compliant',
          }),
        ),
      );
    }
  }, 120_000);
  afterAll(() => visited?.stop(), 60_000);

  it.each([
    ['a small laptop', { width: 1100, height: 700 }],
    ['a laptop', laptop],
    ['a larger one', { width: 1440, height: 900 }],
  ])('breaks no word on %s', async (name, viewport) => {
    if (!visited) throw new Error('the page is not open');
    const { page } = visited.visitor;
    await page.setViewportSize(viewport);
    await page.getByRole('row').getByText('Not supported').waitFor();
    expect(await page.getByRole('row').count()).toBe(5);
    await visited.visitor.picture(`devices-${name.replaceAll(' ', '-')}`);
    expect(await page.locator('.devices-table table').evaluate(brokenWords)).toEqual([]);
    expect(visited.visitor.complaints).toEqual([]);
  });
});

/** Words that stand on more than one line. In the browser. */
function brokenWords(table: Element): readonly string[] {
  const texts = document.createTreeWalker(table, NodeFilter.SHOW_TEXT);
  const broken: string[] = [];
  while (texts.nextNode()) {
    const { currentNode } = texts;
    for (const { 0: word, index } of (currentNode.textContent ?? '').matchAll(/[\p{L}\p{N}]+/gu)) {
      const range = document.createRange();
      range.setStart(currentNode, index);
      range.setEnd(currentNode, index + word.length);
      if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) broken.push(word);
    }
  }
  return broken;
}
