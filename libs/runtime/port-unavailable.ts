// A port that cannot be had, in words that say what to do.

/** Thrown when a port cannot be listened on; the message says which, and what to change. */
export class PortUnavailable extends Error {
  override readonly name = 'PortUnavailable';
}

/**
 * A PortUnavailable where `error` is that a port is taken or not allowed; else `error` as it is.
 * @param settingOf what names a port, such as an option or a variable
 */
export function inWords(error: unknown, settingOf: (port: number) => string): unknown {
  if (!(error instanceof Error && 'code' in error && 'port' in error)) return error;
  if (error.code === 'EADDRNOTAVAIL' && 'address' in error) {
    return new PortUnavailable(
      `${String(error.address)} is no address of this machine: see MUSTER_HTTP_HOST and MUSTER_ANNOUNCE_HOST`,
    );
  }
  const port = Number(error.port);
  if (error.code === 'EADDRINUSE') {
    return new PortUnavailable(
      `port ${port} is in use: end what uses it, or name another one with ${settingOf(port)}`,
    );
  }
  if (error.code === 'EACCES') {
    return new PortUnavailable(
      `port ${port} may not be opened by this account: name one above 1023 with ${settingOf(port)}`,
    );
  }
  return error;
}
