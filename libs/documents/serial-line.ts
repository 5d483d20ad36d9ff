// One line of a text of serial numbers (R33): what is wrong with it, for whoever mends the file. Used by console, which
// decides, and by the page, which shows it before anything is sent.

/** Lines and bytes that are taken at a time. */
export const serialLinesMax = 100_000;
export const serialTextMax = 5_000_000;

const shape = /^[A-Z0-9-]+$/i;
const [lengthMin, lengthMax] = [4, 32];

/** Of the list as it is exported. */
export const serialColumns = ['serial', 'addedBy', 'addedAt', 'discoveredAt'] as const;

/**
 * Lines as any system ends them, without a byte order mark and an empty last one. Of a list that was exported, and may have been
 * through a spreadsheet since, the first column; its head is a blank line, so that each keeps its number.
 */
export function serialLines(text: string): readonly string[] {
  const split = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const lines = split.at(-1) === '' ? split.slice(0, -1) : split;
  const [head = '', ...rows] = lines;
  return exportHead.test(head) ? ['', ...rows.map(firstCell)] : lines;
}

const exportHead = new RegExp(`^("?)${serialColumns[0]}\\1[,;\\t]("?)${serialColumns[1]}\\2(?:[,;\\t]|$)`);

/** The apostrophe before a hyphen was put there by the export: no spreadsheet calculates it so. */
function firstCell(row: string): string {
  const [whole = '', quoted] = /^"([^"]*)"(?=[,;\t]|$)/.exec(row) ?? /^[^,;\t]*/.exec(row) ?? [];
  return (quoted ?? whole).replace(/^'(?=-)/, '');
}

/** Null: it is a serial number, or blank. */
export function faultOfSerialLine(line: string): string | null {
  if (line.includes('\uFFFD') || !line.isWellFormed()) return 'is not UTF-8: save the file as UTF-8 text';
  if (line.includes('\0')) return 'has a NUL character: save the file as UTF-8 text, not as UTF-16';
  const text = line.trim();
  if (/[^\P{Cc}\t]/u.test(line) || text.includes('\t')) return 'has a control character, such as a tab';
  if (text === '') return null;
  if (/^[=+@]/.test(text) || (text.startsWith('-') && !shape.test(text)))
    return `begins with ${text.slice(0, 1)}, as a formula of a spreadsheet does`;
  const strange = [...text].find((character) => !shape.test(character));
  if (strange !== undefined)
    return `has ${named(strange)}: only letters A to Z, digits and hyphens are taken`;
  if (text.length < lengthMin) return `has ${text.length} characters: at least ${lengthMin} are needed`;
  if (text.length > lengthMax) return `has ${text.length} characters: at most ${lengthMax} are taken`;
  return null;
}

const named = (character: string): string => (character === ' ' ? 'a space' : `“${character}”`);

/** Neighbouring lines with the same fault, told once. */
export interface LineFault {
  readonly line: number;
  /** The last one; the same when it is one alone. */
  readonly to: number;
  readonly message: string;
}

/** Every line that is no serial number. */
export function faultsOfSerials(lines: readonly string[]): readonly LineFault[] {
  const faults: LineFault[] = [];
  for (const [index, text] of lines.entries()) {
    const message = faultOfSerialLine(text);
    if (message === null) continue;
    const last = faults.at(-1);
    if (last?.to === index && last.message === message)
      faults[faults.length - 1] = { ...last, to: index + 1 };
    else faults.push({ line: index + 1, to: index + 1, message });
  }
  return faults;
}

/** How many lines these faults are about. */
export const faultyLines = (faults: readonly LineFault[]): number =>
  faults.reduce((sum, { line, to }) => sum + to - line + 1, 0);
