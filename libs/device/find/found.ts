// How devices are found that do not announce themselves (R35). Whatever answers only names an address: who is there, the
// drivers ask afterwards, and that it may be asked at all, each of these looks up in the device networks.
//
//   found.ts    what is found                    arriving.ts  what is found, handed on as it comes
//   range.ts    addresses as people write them   sweep.ts     asks each of them whether somebody is there
//   there.ts    whether somebody is there, whoever it is: what sweep.ts and discoveries ask of an address
//   agent.ts    whether an SNMP agent answers    multicast.ts asks everybody of a network at once
//   mdns.ts     printers by DNS-SD               dns.ts       what its datagrams say
//   slp.ts      printers by SLP                  slp-message.ts  what its datagrams say
//   everybody.ts  both of them together      hops.ts      how far, as people write it
//   datagram.ts bytes of a stranger, read with limits

/** Where a device may be. */
export interface Candidate {
  /** By number, inside the device networks. */
  readonly address: string;
  readonly by: 'range' | 'mdns' | 'slp';
  /** What answered there, or its own words, fit to be shown; nothing is decided by them. */
  readonly hint: string;
}

/** That one search by multicast may name; each at most once. */
export const candidatesMax = 10_000;
const hintMax = 200;

/** Words of a stranger: neither stores nor screens take control characters. */
export const hintOf = (said: string): string =>
  said
    .slice(0, hintMax)
    .toWellFormed()
    .replaceAll(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, ' ')
    .trim();
