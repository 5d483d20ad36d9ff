// Versions of firmware, as makers write them.

/** Negative, zero or positive. Number by number, whatever stands between them; a missing number is 0. */
export function compareVersions(a: string, b: string): number {
  const left = a.match(/\d+/g) ?? [];
  const right = b.match(/\d+/g) ?? [];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = BigInt(left[index] ?? 0) - BigInt(right[index] ?? 0);
    if (difference !== 0n) return difference < 0n ? -1 : 1;
  }
  return 0;
}
