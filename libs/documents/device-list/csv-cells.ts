// One line of comma-separated values (RFC 4180), cut into cells. A cell ends with its line: one whose quotation mark is not closed
// is a fault of that line, and does not swallow those that follow, so that every bad line can be named.

/** Null: a quotation mark is not closed, or something stands behind a closed one. */
export function cellsOf(line: string, separator: string): readonly string[] | null {
  const cells: string[] = [];
  for (let at = 0; at <= line.length; at += 1) {
    if (line[at] !== '"') {
      const end = line.indexOf(separator, at);
      const stop = end < 0 ? line.length : end;
      cells.push(line.slice(at, stop).trim());
      at = stop;
      continue;
    }
    const end = closing(line, at + 1);
    if (end < 0 || (end + 1 < line.length && line[end + 1] !== separator)) return null;
    cells.push(
      line
        .slice(at + 1, end)
        .replaceAll('""', '"')
        .trim(),
    );
    at = end + 1;
  }
  return cells;
}

/** Where the quotation mark is that ends what begins at `from`; two of them are one within. */
function closing(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 2)) {
    if (line[at + 1] !== '"') return at;
  }
  return -1;
}

/** What separates the cells of a head: spreadsheets of some countries write a semicolon. */
export function separatorOf(head: string): string {
  const counted = [',', ';', '\t'].map((sign) => ({ sign, count: head.split(sign).length }));
  return counted.reduce((most, each) => (each.count > most.count ? each : most)).sign;
}
