// Who a device is (R9, R31). Nothing in it is true until checked: it is what the device says of itself.
import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import * as z from 'zod';

/** Text a person may read: no control characters, no lone surrogates, trimmed. */
export const printable = (lengthMax: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(lengthMax)
    .refine(
      (text) => text.isWellFormed() && !/\p{Cc}|\p{Zl}|\p{Zp}/u.test(text),
      'must not contain control characters',
    );

/** Serial number, upper case: 4 to 32 letters, digits and hyphens. */
export const serialNumber = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9-]{4,32}$/, 'must be 4 to 32 letters, digits or hyphens');

/** MAC address, as six lower-case pairs with colons; `-`, `.` or no separators are taken too. */
export const macAddress = z
  .string()
  .max(17)
  .transform((text, context) => {
    const digits = text.replaceAll(/[:.-]/g, '').toLowerCase();
    if (/^[0-9a-f]{12}$/.test(digits)) return digits.match(/../g)?.join(':') ?? digits;
    context.addIssue('must be six pairs of hexadecimal digits');
    return z.NEVER;
  });

/** IPv4 or IPv6 address in its canonical spelling, IPv4-mapped ones as IPv4; no zone, no port, no octal. */
export const ipAddress = z
  .string()
  .max(45)
  .refine((text) => isIP(text) !== 0 && !text.includes('%'), 'must be an IPv4 or IPv6 address')
  // Node takes an IPv4 address in its canonical spelling only.
  .transform((text) => (isIPv4(text) ? text : ipaddr.process(text).toString()));

export const identity = z.object({
  serial: serialNumber,
  model: printable(128),
  mac: macAddress,
  ip: ipAddress,
  hostname: printable(253).nullable(),
  firmware: printable(128).nullable(),
});
export type Identity = z.infer<typeof identity>;

export const exampleIdentity: Identity = {
  serial: 'VNB3K12345',
  model: 'HP LaserJet Enterprise M612',
  mac: '3c:52:82:aa:00:01',
  ip: '10.1.2.3',
  hostname: 'printer-2nd-floor',
  firmware: '2511123_083214',
};
