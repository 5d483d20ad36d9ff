// How the devices of a run are spread over stages and child tasks, and when it is stopped. Pure.
import type { Rollout } from '#events/schedule';

/** A stage: places of the devices in it, in the order of their turn, and its first child task. */
export interface Stage {
  readonly stage: number;
  /** It has the devices above `low`, up to `high`. */
  readonly low: number;
  readonly high: number;
  readonly chunk: number;
}

/** Stages that would have no device of their own are left out: of few devices a small percentage is one at least. */
export function stagesOf(devices: number, rollout: Rollout | null, chunkMax: number): readonly Stage[] {
  const stages: Stage[] = [];
  let [low, chunk] = [0, 1];
  for (const percent of rollout?.stages ?? [100]) {
    const high = Math.ceil((devices * percent) / 100);
    if (high <= low) continue;
    stages.push({ stage: stages.length + 1, low, high, chunk });
    chunk += Math.ceil((high - low) / chunkMax);
    low = high;
  }
  return stages;
}

/** Of one stage. */
export interface Failing {
  readonly devices: number;
  /** They failed, or could not be reached. */
  readonly failed: number;
}

/** Why the run is stopped; null: it goes on. As soon as it is known, not only when the stage has ended. */
export function stopReason(
  rollout: Rollout | null,
  stage: number,
  { devices, failed }: Failing,
): string | null {
  if (!rollout || devices === 0 || failed * 100 <= rollout.failedPercentMax * devices) return null;
  return `${failed} of the ${devices} devices of stage ${stage} failed or could not be reached: more than ${rollout.failedPercentMax} %`;
}
