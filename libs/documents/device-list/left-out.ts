// Columns, or attributes, of a list that are not known, in words: one that is misspelt is easily missed.

/** Each row of a list may have others. */
const namedMax = 10;

export function leftOutWords(columns: readonly string[]): string {
  const named = columns.slice(0, namedMax).map((name) => name || '(no name)');
  const more = columns.length > namedMax ? ` and ${columns.length - namedMax} more` : '';
  return `Not known, and left out: ${named.join(', ')}${more}.`;
}
