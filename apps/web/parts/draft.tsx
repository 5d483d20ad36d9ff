// What is typed into an editor until it is saved: kept when a newer version arrives, and not left behind without a question.
import { Button, Modal } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { useState } from 'react';
import type { Document } from '../api/types.js';

export interface Draft<B> {
  /** What was read; null while a new one is written. */
  readonly of: Document<B> | null;
  readonly body: B;
  readonly changed: boolean;
  readonly set: (change: Partial<B>) => void;
  /** Goes on from this document; what was typed is gone. */
  readonly restart: (document: Document<B> | null) => void;
}

/** @param document the newest that was read: it replaces the draft only while nothing was typed */
export function useDraft<B>(document: Document<B> | null, blank: B): Draft<B> {
  const [of, setOf] = useState(document);
  const [body, setBody] = useState(document?.body ?? blank);
  const restart = (next: Document<B> | null) => {
    setOf(next);
    setBody(next?.body ?? blank);
  };
  const changed = JSON.stringify(body) !== JSON.stringify(of?.body ?? blank);
  if (!changed && document !== null && document.version > (of?.version ?? 0)) restart(document);
  return { of, body, changed, restart, set: (change) => setBody((before) => ({ ...before, ...change })) };
}

const closeButton = { 'aria-label': 'Close' };

/** Asks before a page with unsaved changes is left; the browser asks when its tab is closed. */
export function Unsaved({ changed }: { readonly changed: boolean }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname,
    disabled: !changed,
    withResolver: true,
  });
  return (
    <Modal
      opened={status === 'blocked'}
      onClose={() => reset?.()}
      title="Leave without saving?"
      lockScroll={false}
      closeButtonProps={closeButton}
      centered
    >
      <div className="stack">
        <div>What you changed on this page is not saved yet. It is lost when you leave.</div>
        <div className="row row-end">
          <Button variant="default" onClick={() => reset?.()} data-autofocus>
            Stay here
          </Button>
          <Button color="red" onClick={() => proceed?.()}>
            Leave without saving
          </Button>
        </div>
      </div>
    </Modal>
  );
}
