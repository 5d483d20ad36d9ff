// How deep what is sent may be nested: what reads it afterwards goes down by recursion, and a stack has an end.

/** Far more than any document has. */
export const depthMax = 64;

/** Level by level, not by recursion. */
export function tooDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > depthMax) return true;
    level = level.flatMap(partsOf);
  }
  return false;
}

const partsOf = (value: unknown): readonly unknown[] =>
  typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [];
