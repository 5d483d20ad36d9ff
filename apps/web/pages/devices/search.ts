// What the address of the device list holds: its filters and its place, so that Back and a bookmark lead there again.
import { words } from '../../words.js';

export interface DeviceSearch {
  readonly search?: string;
  readonly status?: string;
  readonly group?: string;
  readonly agent?: string;
  readonly flapping?: 'true';
  readonly after?: string;
  /** Devices before this page. */
  readonly from?: number;
}

const textMax = 256;

/** Drops what is not understood: an address can be typed by hand. */
export function readDeviceSearch(raw: Readonly<Record<string, unknown>>): DeviceSearch {
  const search = textIn(raw['search']);
  const status = textIn(raw['status']);
  const group = textIn(raw['group']);
  const agent = textIn(raw['agent']);
  const after = textIn(raw['after']);
  const from = Number(raw['from']);
  return {
    ...(search !== null && { search }),
    ...(status !== null && Object.hasOwn(words.status, status) && { status }),
    ...(group !== null && { group }),
    ...(agent !== null && Object.hasOwn(words.agent, agent) && { agent }),
    ...(String(raw['flapping']) === 'true' && { flapping: 'true' as const }),
    ...(after !== null && Number.isSafeInteger(from) && from > 0 && { after, from }),
  };
}

export const isFiltered = ({ search, status, group, agent, flapping }: DeviceSearch): boolean =>
  [search, status, group, agent, flapping].some((filter) => filter !== undefined);

/** The router reads 12345 in an address as a number; a serial number may look like that. */
function textIn(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text.slice(0, textMax) : null;
}
