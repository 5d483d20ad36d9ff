// What the address of the list of certificates holds: its filters and its place.

export const issuedStates = ['valid', 'ending', 'expired', 'revoked'] as const;
export type IssuedState = (typeof issuedStates)[number];

export interface IssuedSearch {
  readonly search?: string;
  readonly state?: IssuedState;
  readonly after?: string;
}

const textMax = 128;

/** Drops what is not understood: an address can be typed by hand. */
export function readIssuedSearch(raw: Readonly<Record<string, unknown>>): IssuedSearch {
  const [search, after] = [textIn(raw['search']), textIn(raw['after'])];
  const state = issuedStates.find((known) => known === raw['state']);
  return { ...(search && { search }), ...(state && { state }), ...(after && { after }) };
}

/** The router reads 12345 in an address as a number; a serial number may look like that. */
function textIn(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text.slice(0, textMax) : undefined;
}
