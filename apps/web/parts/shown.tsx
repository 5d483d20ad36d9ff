// What a reader sees where a writer has a control: the same label and explanation, and the value as text.
import { IconCircleCheck, IconCircleMinus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Pill } from './pill.js';

interface ShownProps {
  readonly label: string;
  /** The explanation that stands at the control. */
  readonly text?: string | undefined;
  readonly children: ReactNode;
}

export function Shown({ label, text, children }: ShownProps) {
  return (
    <dl className="shown">
      <dt>{label}</dt>
      {text !== undefined && <dd className="small dim">{text}</dd>}
      <dd>{children}</dd>
    </dl>
  );
}

export function OnOffPill({ on }: { readonly on: boolean }) {
  return (
    <Pill tone={on ? 'good' : 'calm'} icon={on ? IconCircleCheck : IconCircleMinus}>
      {on ? 'On' : 'Off'}
    </Pill>
  );
}
