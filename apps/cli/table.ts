// Columns for a terminal.
import { styleText } from 'node:util';
import { printed } from './printed.js';

export type Style = Parameters<typeof styleText>[0];

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

export interface Column {
  readonly title: string;
  /** Numbers stand below each other. */
  readonly right?: boolean;
}

/** Lines, without colour where the terminal has none. What others wrote cannot move the cursor. */
export function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly (string | Cell)[])[],
): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: cell } : cell)));
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...cells.map((row) => row[at]?.text.length ?? 0)),
  );
  const lineOf = (row: readonly Cell[]): string =>
    row
      .map(({ text, style }, at) => {
        const width = widths[at] ?? 0;
        const shown = printed(columns[at]?.right ? text.padStart(width) : text.padEnd(width));
        return style ? styled(style, shown) : shown;
      })
      .join('  ')
      .trimEnd();
  return [lineOf(columns.map(({ title }) => ({ text: title, style: 'dim' }))), ...cells.map(lineOf)];
}

/** As the terminal allows: NO_COLOR and a pipe are respected. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}
