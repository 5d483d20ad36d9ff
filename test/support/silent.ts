// A log that is read, not printed.
export interface Line {
  readonly fields: object;
  readonly message: string;
}

/** Collects what is logged, for tests that ask whether an operator was told. */
export function listeningLog() {
  const lines: Line[] = [];
  const write = (fields: object, message: string): void => void lines.push({ fields, message });
  return { lines, debug: write, info: write, warn: write, error: write };
}

export const silentLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
