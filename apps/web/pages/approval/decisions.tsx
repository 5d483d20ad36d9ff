// The buttons that admit or refuse, each with its question where it means many.
import { Button } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { Confirm } from '../../parts/confirm.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useTell } from '../../shell/told.js';
import { outcome, useDecide, type Action, type Which } from './decide.js';

interface DecisionsProps {
  readonly which: Which;
  /** How it is named in a question: `3 devices`; the serial number of one. */
  readonly what: string;
  /** After `Admit` and `Refuse`, where it means many: ` chosen`. */
  readonly suffix?: string;
  /** Those refused cannot be refused again. */
  readonly refused: boolean;
  readonly onDone?: () => void;
}

export function Decisions(props: DecisionsProps) {
  const { refused } = props;
  return (
    <div className="row row-tight row-end">
      <Decide {...props} action="admit" />
      {!refused && <Decide {...props} action="refuse" />}
    </div>
  );
}

const acts = { admit: 'Admit', refuse: 'Refuse' } as const;
const icons = { admit: IconCheck, refuse: IconX } as const;
const meanings: Readonly<Record<Action, string>> = {
  admit: 'They become devices of Muster: licensed, grouped and assessed like any other.',
  refuse:
    'They are not shown as new again, while address and certificate stay the same. They can be admitted later.',
};
const oneByOne =
  'Left out are serial numbers that more than one party announced: compare them, and decide one by one.';

function Decide({ which, what, suffix, onDone, action }: DecisionsProps & { readonly action: Action }) {
  const decide = useDecide();
  const tell = useTell();
  // Those that were there when the question was asked: who comes while it is read was not asked about.
  const [meant, setMeant] = useState({ which, what });
  const Icon = icons[action];
  const icon = <Icon size={14} aria-hidden />;
  const write = (asked: Which, close: () => void) =>
    decide.mutate({
      action,
      which: asked,
      done: (asked) => {
        close();
        tell(outcome(action, asked));
        onDone?.();
      },
    });
  if (suffix === undefined) {
    return (
      <>
        <Button
          size="xs"
          variant="default"
          leftSection={icon}
          aria-label={`${acts[action]} ${what}`}
          loading={decide.isPending}
          onClick={() => write(which, () => undefined)}
        >
          {acts[action]}
        </Button>
        {decide.error && <ProblemNote problem={decide.error} />}
      </>
    );
  }
  return (
    <Confirm
      label={`${acts[action]}${suffix}`}
      size="xs"
      leftSection={icon}
      question={`${acts[action]} ${meant.what}?`}
      onAsk={() => setMeant({ which, what })}
      act={acts[action]}
      actColor={action === 'admit' ? 'blue' : 'red'}
      pending={decide.isPending}
      problem={decide.error}
      onConfirm={(close) => write(meant.which, close)}
    >
      {meanings[action]} {!('seen' in which) && oneByOne}
    </Confirm>
  );
}
