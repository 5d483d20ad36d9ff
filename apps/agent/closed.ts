// A file or folder that is closed to the agent, in words: under systemd it runs as an account of its own, and root puts files there.
import { userInfo } from 'node:os';

/** The error as it was, or one that says whose the file must be. */
export function inWords(error: unknown): unknown {
  if (!(error instanceof Error && isClosed(error))) return error;
  const { code, path } = error;
  const words = `${path} is closed to ${account()}, as whom this runs (${code}): it must belong to the user of the agent`;
  return new Error(`${words}, which is muster-agent under systemd`, { cause: error });
}

const isClosed = (error: NodeJS.ErrnoException): error is Error & { code: string; path: string } =>
  (error.code === 'EACCES' || error.code === 'EPERM') && error.path !== undefined;

function account(): string {
  try {
    return userInfo().username;
  } catch {
    // One that has a number alone.
    return `user ${process.geteuid?.() ?? ''}`.trim();
  }
}
