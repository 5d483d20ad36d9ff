// What is wrong in a list before it is sent. The server has the last word; this shows every bad line at once.

export interface BadLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

export interface Lines {
  readonly good: number;
  readonly bad: readonly BadLine[];
}

const serial = /^[A-Z0-9-]{4,32}$/i;

/** One serial number a line; blank lines are nothing. */
export function readLines(text: string): Lines {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ line: index + 1, text: line.trim() }))
    .filter((line) => line.text !== '');
  const bad = lines.filter((line) => !serial.test(line.text));
  return { good: lines.length - bad.length, bad };
}
