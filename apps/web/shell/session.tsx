// Who is signed in, and what the role may do.
import { createContext, use, type ReactNode } from 'react';
import type { Session } from '../api/types.js';

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({
  session,
  children,
}: {
  readonly session: Session;
  readonly children: ReactNode;
}) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error('a page was shown to nobody');
  return session;
}

/** A viewer sees no control that writes. */
export const useMayWrite = (): boolean => useSession().role !== 'viewer';

export const useIsAdmin = (): boolean => useSession().role === 'admin';
