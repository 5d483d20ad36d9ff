// How far multicast goes, as it is written among addresses and names (R35): `multicast:4`, or the word alone.

/** Routers on the way, and one. */
export const hopsMax = 32;
/** As other managers of printers have it. */
export const standardHops = 4;

export const everybodyText = (hops: number): string => `multicast:${hops}`;

/** Null: it is something else. NaN: it is no number from 1 to 32. */
export function hopsOf(text: string): number | null {
  const [written, said] = /^multicast(?:\s*:(.*))?$/is.exec(text) ?? [];
  if (written === undefined) return null;
  if (said === undefined) return standardHops;
  const hops = /^\s*\d{1,2}$/.test(said) ? Number(said) : 0;
  return hops >= 1 && hops <= hopsMax ? hops : NaN;
}
