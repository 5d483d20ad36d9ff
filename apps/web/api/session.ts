import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call, Problem, read } from './client.js';
import type { Session } from './types.js';

const key = ['session'];

/** Null when nobody is signed in. */
export function useSessionQuery() {
  return useQuery<Session | null>({
    queryKey: key,
    queryFn: async () => {
      try {
        return await read<Session>('session');
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Infinity,
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (who: { readonly name: string; readonly password: string }) =>
      call<Session>('POST', 'session', who),
    onSuccess: (session) => client.setQueryData(key, session),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call<undefined>('DELETE', 'session'),
    onSettled: () => {
      client.clear();
      client.setQueryData(key, null);
    },
  });
}

/** Any answer 401 ends the session on the page as well. */
export function endsSession(error: Error): boolean {
  return error instanceof Problem && error.status === 401;
}
