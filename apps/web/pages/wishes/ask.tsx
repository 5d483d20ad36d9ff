import { Button, Modal } from '@mantine/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useWrite } from '../../api/writes.js';
import type { WishAsked } from '../../api/types.js';
import { ProblemNote } from '../../parts/problem-note.js';

interface AskProps {
  readonly label: string;
  readonly icon: ReactNode;
  readonly title: string;
  /** What is sent; null while something is still to be filled in. */
  readonly body: object | null;
  readonly onAsked: (asked: WishAsked) => void;
  /** The fields: they are told what was wrong with them. */
  readonly children: (problem: Error | null) => ReactNode;
}

/** A button that opens a form, which asks the authority for something. */
export function Ask({ label, icon, title, body, onAsked, children }: AskProps) {
  const [open, setOpen] = useState(false);
  const ask = useWrite<WishAsked>(['wishes']);
  const close = () => setOpen(false);
  const begin = () => {
    ask.reset();
    setOpen(true);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const done = (asked: WishAsked) => {
      onAsked(asked);
      close();
    };
    if (body) ask.mutate({ method: 'POST', path: 'wishes', body, done });
  };
  return (
    <>
      <Button variant="default" leftSection={icon} onClick={begin}>
        {label}
      </Button>
      <Modal
        opened={open}
        onClose={close}
        title={title}
        size="lg"
        lockScroll={false}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <form className="stack" onSubmit={submit} noValidate aria-label={title}>
          {children(ask.error)}
          {ask.error && <ProblemNote problem={ask.error} />}
          <div className="row row-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" disabled={body === null} loading={ask.isPending}>
              Ask the authority
            </Button>
          </div>
        </form>
      </Modal>
    </>
  );
}
