// A new version is brought in: every process is asked to end and started again, under load; gateways one after the other.
import type { Distributed, ServiceProcess } from '../../scripts/distributed.mjs';
import type { Crowd } from './crowd.js';

export interface Rolled {
  readonly name: string;
  /** 0 when it ended well and in time. */
  readonly exit: number | string | null;
  readonly ms: number;
}

export interface Rolling {
  readonly ended: readonly Rolled[];
  /** The most attempts that any announcement needed meanwhile. */
  readonly attempts: number;
}

const attemptsMax = 2;

/** What should not have been: a process that did not end well, a device that had to come a third time. */
export function rollingFaults({ ended, attempts }: Rolling): readonly string[] {
  const badly = ended.filter(({ exit }) => exit !== 0);
  return [
    ...badly.map(({ name, exit }) => `${name}, asked to end: ${exit ?? 'unknown'}`),
    ...(attempts > attemptsMax
      ? [`while all were restarted in turn, an announcement needed ${attempts} attempts`]
      : []),
  ];
}

export async function rollingRestart(muster: Distributed, crowd: Crowd): Promise<Rolling> {
  crowd.watch();
  const gateways = muster.named('gateway');
  const ended: Rolled[] = [];
  for (const gateway of gateways) ended.push(await renew(gateway));
  const others = muster.processes.filter((process) => !gateways.includes(process));
  ended.push(...(await Promise.all(others.map(renew))));
  return { ended, attempts: crowd.attemptsMost };
}

async function renew(process: ServiceProcess): Promise<Rolled> {
  const beganAt = performance.now();
  process.signal('SIGTERM');
  const exit = await process.exited;
  const ms = Math.round(performance.now() - beganAt);
  await process.restart();
  await process.ready();
  return { name: `${process.name}-${process.number}`, exit, ms };
}
