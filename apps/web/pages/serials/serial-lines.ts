// What is wrong in a list before it is sent: by the server's own rule, which has the last word.
import { faultsOfSerials, serialLines, serialLinesMax } from '../../../../libs/documents/serial-line.js';
import type { BadLine } from '../../parts/bad-lines.js';

export interface Lines {
  readonly good: number;
  readonly bad: readonly BadLine[];
  /** How many lines there are, where they are more than are taken at a time; else null. */
  readonly tooMany: number | null;
}

/** One serial number a line; blank lines are nothing. */
export function readLines(text: string): Lines {
  const lines = serialLines(text);
  if (lines.length > serialLinesMax) return { good: 0, bad: [], tooMany: lines.length };
  const bad = faultsOfSerials(lines).map((fault) => ({
    ...fault,
    text: lines[fault.line - 1]?.trim() ?? '',
  }));
  const badLines = bad.reduce((sum, { line, to }) => sum + to - line + 1, 0);
  return { good: lines.filter((line) => line.trim() !== '').length - badLines, bad, tooMany: null };
}
