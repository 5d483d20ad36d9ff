// A button for what cannot be undone: asks first, says what will happen.
import { Button, Modal, type ButtonProps } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { ProblemNote } from './problem-note.js';

interface ConfirmProps extends ButtonProps {
  readonly label: string;
  /** The question, and the word on the button that does it. */
  readonly question: string;
  readonly act: string;
  /** Red by default: it destroys something. */
  readonly actColor?: string;
  /** False while something is still to be filled in. */
  readonly ready?: boolean;
  /** What will happen. */
  readonly children: ReactNode;
  readonly pending: boolean;
  readonly problem: Error | null;
  /** Calls `close` when it is done; on failure the question stays, with the problem. */
  readonly onConfirm: (close: () => void) => void;
  /** The question is about to be shown. */
  readonly onAsk?: () => void;
  /** Name for screen readers when the label alone does not say of what: `Delete Lobby`. */
  readonly name?: string;
}

export function Confirm(props: ConfirmProps) {
  const { label, question, act, actColor = 'red', ready = true, children, ...rest } = props;
  const { pending, problem, onConfirm, onAsk, name, ...button } = rest;
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  const ask = () => {
    onAsk?.();
    setOpen(true);
  };
  return (
    <>
      <Button variant="default" {...button} aria-label={name} onClick={ask}>
        {label}
      </Button>
      <Modal
        opened={open}
        onClose={close}
        title={question}
        lockScroll={false}
        closeButtonProps={closeButton}
        centered
      >
        <div className="stack">
          <div>{children}</div>
          {problem && <ProblemNote problem={problem} />}
          <div className="row row-end">
            <Button variant="default" onClick={close} data-autofocus>
              Cancel
            </Button>
            <Button color={actColor} disabled={!ready} loading={pending} onClick={() => onConfirm(close)}>
              {act}
            </Button>
          </div>
        </div>
      </Modal>
    </>
  );
}

const closeButton = { 'aria-label': 'Close' };
