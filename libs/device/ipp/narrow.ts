// The one setting that IPP itself can change: of the ways in that a printer names, those without TLS are taken from it, where
// it lets us (RFC 3380). Pure.
import { collectionOf, numbersOf, textsOf, waysIn } from './attributes.js';
import type { Said } from './facts.js';
import type { Attributes } from './message.js';
import { operations } from './printer.js';

/** What to set, or why not. */
export function overTlsOnly({ attributes, clear }: Said): Attributes | string {
  if (clear) return 'it offers no TLS over IPP, so that nothing could be left';
  if (!numbersOf(attributes, 'operations-supported').includes(operations.setPrinterAttributes)) {
    return 'its IPP does not offer Set-Printer-Attributes';
  }
  if (!textsOf(attributes, 'printer-settable-attributes-supported').includes('printer-xri-supported')) {
    return 'its IPP does not let its ways in be set: printer-xri-supported is not settable';
  }
  const kept = waysIn(attributes).filter(
    ({ uri, authentication, security }) => security === 'tls' && uri !== '' && authentication !== '',
  );
  // Named in both forms, each is one.
  const byUri = new Map(kept.map((way) => [way.uri, way]));
  if (byUri.size === 0) return 'its IPP names no way in over TLS that could be left';
  return new Map([['printer-xri-supported', [...byUri.values()].map(collectionOf)]]);
}
