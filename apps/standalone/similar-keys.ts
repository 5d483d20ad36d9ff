// Which keys somebody may have meant.

const suggestionsMax = 3;

/** The nearest few of `keys`, nearest first. */
export function similarKeys(asked: string, keys: readonly string[]): readonly string[] {
  const wanted = asked.slice(0, 100).toLowerCase();
  return keys
    .map((key) => ({ key, distance: distanceOf(wanted, key.toLowerCase()) }))
    .toSorted((one, other) => one.distance - other.distance)
    .slice(0, suggestionsMax)
    .map(({ key }) => key);
}

/** Letters to insert, leave out or change until both are the same. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [line, letter] of [...one].entries()) {
    const next = [line + 1];
    for (const [at, compared] of [...other].entries()) {
      const changed = (row[at] ?? 0) + (letter === compared ? 0 : 1);
      next.push(Math.min(changed, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
