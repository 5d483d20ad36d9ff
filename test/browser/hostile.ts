// Devices that put harm into their model, hostname and firmware, over the announce protocol like any other.
import { Line } from '#announce/announce';
import { clientContext } from '#announce/reach';
import type { Announcement } from '#announce/announcement';

export const hostileSerial = (index: number): string => `HOSTILE-${String(index).padStart(4, '0')}`;

/** Printed as it is by a browser: no white space at the ends or twice, which HTML and Muster fold. */
const asItIs = (text: string): boolean =>
  text !== '' && text === text.trim() && text.length <= 128 && !/\s{2}|[^\S ]/.test(text);

/** What was accepted, with its index: the gateway refuses control characters and the like. */
export async function announceHostile(
  port: number,
  strings: readonly string[],
): Promise<readonly (readonly [index: number, text: string])[]> {
  const options = { host: '127.0.0.1', port, context: clientContext({}), requireVerified: false };
  const accepted: (readonly [number, string])[] = [];
  let line = await Line.open(options);
  for (const [index, text] of strings.filter(asItIs).entries()) {
    // What the gateway does not take for an announcement ends the connection.
    if (!line.open) line = await Line.open(options);
    const answer = await line.announce(announcementOf(index, text)).catch(() => null);
    if (answer?.result === 'accepted') accepted.push([index, text]);
  }
  line.close();
  return accepted;
}

function announcementOf(index: number, text: string): Announcement {
  const mac = `02:00:00:00:${hex(index >> 8)}:${hex(index)}`;
  const names = { model: text, hostname: text, firmware: text };
  const identity = { serial: hostileSerial(index), mac, ip: '127.0.0.1', ...names };
  return { identity, reason: 'boot', announcementId: null, traceparent: null, origin: null };
}

const hex = (byte: number): string => (byte & 255).toString(16).padStart(2, '0');
