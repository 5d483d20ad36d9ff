// Comma-separated values that no spreadsheet takes for formulas (OWASP: CSV injection).

/** One line. What a spreadsheet would calculate gets an apostrophe before it, which makes it text. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\r\n`;

function cell(text: string): string {
  const inert = /^\s*[=+\-@\t\r\n|%]/.test(text) ? `'${text}` : text;
  return `"${inert.replaceAll('"', '""')}"`;
}
