// Every question to the API has four looks: waiting, failed, nothing there, and the answer.
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
