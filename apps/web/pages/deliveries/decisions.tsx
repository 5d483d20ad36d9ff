// The buttons that replay or drop, each with its question where it cannot be undone or means many.
import { Button, Progress, TextInput } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import { Confirm } from '../../parts/confirm.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useTell } from '../../shell/told.js';
import { count } from '../../words.js';
import { outcome, useDecide, type Which } from './decide.js';

interface DecisionsProps {
  readonly which: Which;
  /** How it is named in a question: `this event`, `3 deliveries`. */
  readonly what: string;
  readonly replayLabel: string;
  readonly dropLabel: string;
  /** For screen readers, where a row's button says only `Replay`. */
  readonly name?: string;
  readonly size?: string;
  /** Many are replayed after a question only. */
  readonly ask?: boolean;
  readonly onDone?: () => void;
}

/** Those that were there when the question was asked: what comes while it is read was not asked about. */
function useMeant({ which, what }: Pick<DecisionsProps, 'which' | 'what'>) {
  const [meant, setMeant] = useState({ which, what });
  return { meant, onAsk: () => setMeant({ which, what }) };
}

export function Decisions(props: DecisionsProps) {
  const { which, replayLabel, name, size = 'xs', ask = false, onDone } = props;
  const { decide, progress } = useDecide();
  const { meant, onAsk } = useMeant(props);
  const tell = useTell();
  const replay = (asked: Which, close: () => void) =>
    decide.mutate({
      action: 'replay',
      which: asked,
      done: (done) => {
        close();
        tell(outcome('replay', done));
        onDone?.();
      },
    });
  const icon = <IconRefresh size={14} aria-hidden />;
  return (
    <div className="stack-close">
      <div className="row row-tight row-end">
        {ask ? (
          <Confirm
            label={replayLabel}
            size={size}
            leftSection={icon}
            question={`Replay ${meant.what}?`}
            onAsk={onAsk}
            act="Replay"
            actColor="blue"
            pending={decide.isPending}
            problem={decide.error}
            onConfirm={(close) => replay(meant.which, close)}
          >
            Each is handed to its consumer again. What fails again comes back to this list.
            <Steps progress={progress} />
          </Confirm>
        ) : (
          <Button
            size={size}
            variant="default"
            leftSection={icon}
            aria-label={name && `Replay ${name}`}
            loading={decide.isPending}
            onClick={() => replay(which, () => undefined)}
          >
            {replayLabel}
          </Button>
        )}
        <Drop {...props} />
      </div>
      {!ask && decide.error && <ProblemNote problem={decide.error} />}
    </div>
  );
}

function Drop(props: DecisionsProps) {
  const { dropLabel, name, size = 'xs', onDone } = props;
  const { decide, progress } = useDecide();
  const { meant, onAsk } = useMeant(props);
  const tell = useTell();
  const [reason, setReason] = useState('');
  return (
    <Confirm
      label={dropLabel}
      {...(name === undefined ? {} : { name: `Drop ${name}` })}
      size={size}
      question={`Drop ${meant.what}?`}
      onAsk={onAsk}
      act="Drop"
      ready={reason.trim() !== ''}
      pending={decide.isPending}
      problem={decide.error}
      onConfirm={(close) =>
        decide.mutate({
          action: 'drop',
          which: meant.which,
          reason,
          done: (done) => {
            close();
            setReason('');
            tell(outcome('drop', done));
            onDone?.();
          },
        })
      }
    >
      <div className="stack-close">
        <p>What is dropped is never handled. This cannot be undone.</p>
        <TextInput
          label="Reason"
          description="Stands in the audit log."
          required
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Steps progress={progress} />
      </div>
    </Confirm>
  );
}

function Steps({ progress }: { readonly progress: { readonly done: number; readonly left: number } | null }) {
  if (!progress) return null;
  const { done, left } = progress;
  return (
    <div role="status" className="after">
      <Progress value={(100 * done) / (done + left)} aria-label="Done" />
      <span className="small dim">
        {count(done)} done, {count(left)} left
      </span>
    </div>
  );
}
