// What the address of the list of held devices holds: its filters and its place.
import type { HeldState } from '../../api/types.js';

export interface HeldSearch {
  readonly search?: string;
  readonly state?: HeldState;
  readonly contested?: 'true';
  readonly after?: string;
  /** Devices before this page. */
  readonly from?: number;
}

const textMax = 128;

/** Drops what is not understood: an address can be typed by hand. */
export function readHeldSearch(raw: Readonly<Record<string, unknown>>): HeldSearch {
  const [search, after] = [textIn(raw['search']), textIn(raw['after'])];
  const from = Number(raw['from']);
  return {
    ...(search && { search }),
    ...(raw['state'] === 'refused' && { state: 'refused' }),
    ...(String(raw['contested']) === 'true' && { contested: 'true' }),
    ...(after && Number.isSafeInteger(from) && from > 0 && { after, from }),
  };
}

export const isFiltered = ({ search, contested }: HeldSearch): boolean =>
  search !== undefined || contested !== undefined;

/** The router reads 12345 in an address as a number; a serial number may look like that. */
function textIn(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text.slice(0, textMax) : undefined;
}
