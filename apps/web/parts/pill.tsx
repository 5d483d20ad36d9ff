// A state as an icon, a word and a colour; the colour alone never says anything.
import {
  IconAlertTriangle,
  IconArrowsSplit,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleMinus,
  IconCircleX,
  IconLoader,
  IconPlugConnectedX,
  IconRepeat,
  IconTicketOff,
  IconTool,
  type Icon,
} from '@tabler/icons-react';
import type { DeviceRow, DeviceStatus, SettingResult } from '../api/types.js';
import { words } from '../words.js';

export type Tone = 'good' | 'bad' | 'warn' | 'calm' | 'busy';

interface PillProps {
  readonly tone: Tone;
  readonly icon?: Icon;
  readonly children: string;
  readonly title?: string;
}

export function Pill({ tone, icon: Sign, children, title }: PillProps) {
  return (
    <span className="pill" data-tone={tone} title={title}>
      {Sign && <Sign size={15} stroke={2} aria-hidden />}
      {children}
    </span>
  );
}

interface Look {
  readonly tone: Tone;
  readonly icon: Icon;
}

export const statusLook: Readonly<Record<DeviceStatus, Look>> = {
  compliant: { tone: 'good', icon: IconCircleCheck },
  nonCompliant: { tone: 'bad', icon: IconCircleX },
  unreachable: { tone: 'warn', icon: IconPlugConnectedX },
  failed: { tone: 'bad', icon: IconAlertTriangle },
  unassessed: { tone: 'calm', icon: IconCircleDashed },
  assessing: { tone: 'busy', icon: IconLoader },
  unlicensed: { tone: 'warn', icon: IconTicketOff },
  conflicted: { tone: 'warn', icon: IconArrowsSplit },
};

export function StatusPill({ status }: { readonly status: DeviceStatus }) {
  return (
    <Pill {...statusLook[status]} title={words.statusMeaning[status]}>
      {words.status[status]}
    </Pill>
  );
}

/** Beside the status: a device that announces itself too often (R18). */
export function FlappingPill({ flapping }: Pick<DeviceRow, 'flapping'>) {
  if (!flapping) return null;
  return (
    <Pill tone="warn" icon={IconRepeat} title={words.flappingMeaning}>
      Flapping
    </Pill>
  );
}

const outcomeLook: Readonly<Record<SettingResult['outcome'], Look>> = {
  compliant: { tone: 'good', icon: IconCircleCheck },
  remediated: { tone: 'good', icon: IconTool },
  nonCompliant: { tone: 'bad', icon: IconCircleX },
  unsupported: { tone: 'calm', icon: IconCircleMinus },
  failed: { tone: 'bad', icon: IconAlertTriangle },
};

export function OutcomePill({ outcome }: { readonly outcome: SettingResult['outcome'] }) {
  return <Pill {...outcomeLook[outcome]}>{words.outcome[outcome]}</Pill>;
}
