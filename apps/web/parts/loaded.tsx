// Every question to the API has four looks: waiting, failed, nothing there, and the answer.
//
//   loaded.tsx        the answer, or why not yet         problem-note.tsx  what went wrong
//   page-head.tsx     a page's title                     path-back.tsx     the way to its list
//   table.tsx         rows, or cards on a phone          pager.tsx         from page to page     search-box.tsx
//   pill.tsx          a state                            bar.tsx           shares                when.tsx  a time
//   choice.tsx        a control, or its text             shown.tsx         a value as text
//   confirm.tsx       before what cannot be undone       draft.tsx         what is typed and not saved
//   document-list.tsx what operators write               document-editor.tsx  one of them, written; document-page.tsx: its page
//   document-choice.tsx  one of them, chosen             changed.tsx       who wrote it, and when
//   refusals.tsx      who was turned away at the edge   bad-lines.tsx  what is wrong in a list
//   from-to.tsx       a setting before and after         because-of.tsx    who or what a task is for
import { Loader } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ProblemNote } from './problem-note.js';

interface LoadedProps<T> {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
}

/** Shows the last good answer while a newer one is on its way, and says when it could not be had. */
export function Loaded<T>({ query, children }: LoadedProps<T>) {
  const retry = () => void query.refetch();
  if (query.data !== undefined) {
    return (
      <>
        {query.error && <ProblemNote problem={query.error} onRetry={retry} />}
        {children(query.data)}
      </>
    );
  }
  if (query.error) return <ProblemNote problem={query.error} onRetry={retry} />;
  return <Waiting />;
}

export function Waiting() {
  return (
    <div className="row dim" role="status">
      <Loader size="sm" aria-hidden /> Loading
    </div>
  );
}

interface NothingProps {
  readonly title: string;
  readonly children?: ReactNode;
}

/** An empty list: says why it is empty and what fills it. */
export function Nothing({ title, children }: NothingProps) {
  return (
    <div className="nothing">
      <h2>{title}</h2>
      {children && <div className="dim">{children}</div>}
    </div>
  );
}
