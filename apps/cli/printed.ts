// What others wrote, as a terminal may show it: devices choose their names, and a terminal obeys control characters.

/** Controls, line ends, and what turns the direction of writing. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** One line, as long as before: each such character becomes `?`. */
export const printed = (text: string): string => text.replaceAll(unsafe, '?');

/** Several lines: line ends stay, so that a reason can be read. */
export const printedLines = (text: string): string => text.split(/\r?\n/).map(printed).join('\n');

/** JSON that is inert as text too: what JSON leaves as it is, such as C1 controls, is written as an escape. */
export function jsonOf(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  const escape = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text.replaceAll(unsafe, (letter) => (letter === '\n' ? letter : escape(letter)));
}
