// A device that is read with one community and written with another.
import type { Driver, Outcome, Values, Written } from '../device.js';
import type { SnmpTarget } from './access.js';
import { openSnmp } from './driver.js';

export interface Communities {
  readonly read: string;
  /** Null: none is known. */
  readonly write: string | null;
}

/** Neither is sent for what the other is there for. */
export function openCommunities(target: Omit<SnmpTarget, 'access'>, { read, write }: Communities): Driver {
  const open = (community: string): Driver =>
    openSnmp({ ...target, access: { version: 'clear', community } });
  const reading = open(read);
  if (write === read) return reading;
  const writing = write === null ? null : open(write);
  return {
    // That sets no secret: none goes by a community.
    ...reading,
    write: (changes, signal) =>
      writing ? writing.write(changes, signal) : Promise.resolve(refusing(changes)),
    close: () => {
      reading.close();
      writing?.close();
    },
  };
}

const refusing = (changes: Values): Outcome<Written> => ({
  kind: 'answered',
  value: {
    applied: new Set(),
    refused: new Map([...changes.keys()].map((key) => [key, 'no community that may write is known for it'])),
  },
});
