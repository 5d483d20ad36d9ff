import type { DiscoveryRun } from '../../api/types.js';
import { Bar } from '../../parts/bar.js';
import { Pill, type Tone } from '../../parts/pill.js';
import { count, words } from '../../words.js';

const tones: Readonly<Record<DiscoveryRun['state'], Tone>> = {
  importing: 'busy',
  running: 'busy',
  cancelling: 'warn',
  done: 'good',
  cancelled: 'calm',
};

export const RunState = ({ run: { state } }: { readonly run: DiscoveryRun }) => (
  <Pill tone={tones[state]}>{words.discoveryState[state]}</Pill>
);

/** What came of it so far, as a bar and in words. */
export function Progress({ run }: { readonly run: DiscoveryRun }) {
  const { total, waiting, nobody, imported, entries } = run;
  const there = run.found + run.known;
  const held = run.held + run.claimed;
  const failed = run.refused + run.notReached;
  return (
    <div className="wide stack-close">
      <Bar
        total={total}
        shares={[
          { key: 'there', tone: 'good', amount: there },
          { key: 'held', tone: 'warn', amount: held },
          { key: 'failed', tone: 'bad', amount: failed },
          { key: 'nobody', tone: 'calm', amount: nobody },
        ]}
      />
      <span className="small">
        {[
          imported < entries && `${count(imported)} of ${count(entries)} entries imported`,
          `${count(run.found)} found`,
          run.known > 0 && `${count(run.known)} known before`,
          run.held > 0 && `${count(run.held)} held for approval`,
          run.claimed > 0 && `${count(run.claimed)} known elsewhere`,
          failed > 0 && `${count(failed)} failed`,
          nobody > 0 && `${count(nobody)} with nobody there`,
          run.again > 0 && `${count(run.again)} seen again at another entry`,
          run.overlapping > 0 && `${count(run.overlapping)} named more than once`,
          waiting > 0 && `${count(waiting)} ${run.endedAt === null ? 'waiting' : 'not asked'}`,
        ]
          .filter((each) => each !== false)
          .join(', ')}
      </span>
    </div>
  );
}
