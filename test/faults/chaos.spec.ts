// The short form of npm run chaos: each process, the broker and the database killed at least once under load.
import { describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { ownFolder } from '../support/servers.js';
import { runChaos } from './chaos-run.js';
import { rollingFaults } from './rolling.js';

/** Of this file alone: others have their printers elsewhere. */
const networkPrefix = '127.21';

describe('a distributed Muster killed twelve times', () => {
  it('does everything that it accepted, and does it once', async () => {
    const lines: string[] = [];
    const result = await runChaos({
      dir: await ownFolder('chaos'),
      kills: 12,
      seed: 3,
      together: 0.9,
      accepted: 1_000,
      rate: 40,
      // Each comes ten times a minute: one that came sixteen times would be let wait as flapping.
      devices: 240,
      instances: { gateway: 2 },
      networkPrefix,
      apiPort: await freePort(),
      say: (line) => lines.push(line),
    });
    const { lost, twice, dead, wrong, struck, rolling } = result;
    expect({ lost, twice, dead, wrong }, lines.join('\n')).toEqual({
      lost: [],
      twice: [],
      dead: [],
      wrong: [],
    });
    expect(result.accepted).toBeGreaterThanOrEqual(1_000);
    expect([...struck.kills.values()].reduce((sum, each) => sum + each, 0)).toBe(12);
    expect(struck.kills.size).toBe(10);
    expect(rolling.ended.length).toBe(8);
    expect(rollingFaults(rolling)).toEqual([]);
  }, 600_000);
});
