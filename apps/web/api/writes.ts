// Writes: what a button does, and which lists are asked again afterwards. The event stream brings the rest.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.js';

type Method = 'POST' | 'PUT' | 'DELETE';

interface Write<Answer> {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
  readonly done?: (answer: Answer) => void;
}

/**
 * @param lists names of the lists that a success makes stale
 * @example const save = useWrite<Document<Policy>>(['policies']); save.mutate({ method: 'PUT', path, body, done })
 */
export function useWrite<Answer = unknown>(lists: readonly string[]) {
  const client = useQueryClient();
  return useMutation<Answer, Error, Write<Answer>>({
    mutationFn: ({ method, path, body }) => call<Answer>(method, path, body),
    onSuccess: (answer, { done }) => {
      for (const name of lists) void client.invalidateQueries({ queryKey: [name] });
      done?.(answer);
    },
  });
}

/** Path of one thing in a list, its id made safe for an address. */
export const pathOf = (list: string, id: string, action?: string): string =>
  `${list}/${encodeURIComponent(id)}${action ? `/${action}` : ''}`;
