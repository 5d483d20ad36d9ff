// Who is at an address (R19, R30): asked in all ways at once, and the one that says most has the word.
import { mayConnect } from '#device/address';
import { openDeviceApi } from '#device/api';
import { isWorthAgain, type Identified, type Outcome, type Setback } from '#device/device';
import { ippPort as standardIppPort, openIpp } from '#device/ipp/ipp';
import { openSnmp, snmpPort as standardSnmpPort } from '#device/snmp/driver';
import type { ProbeWay } from '#events/device';
import type { Settings } from '#events/settings';
import { ownAddresses } from '#addresses/own';

/** A protocol by which a device says who it is. */
export interface Way {
  readonly way: ProbeWay;
  /** In sentences. */
  readonly name: string;
  /** What the operator has not set for it; null: nothing is missing. */
  missing(settings: Settings): string | null;
  ask(address: string, settings: Settings, signal: AbortSignal): Promise<Outcome<Identified>>;
}

export interface Ports {
  /** That devices serve their API on. */
  readonly devicePort: number;
  readonly snmpPort?: number;
  readonly ippPort?: number;
}

/** The one that says most, and proves most, first: where several say who it is, its word counts. */
export function waysOfAsking({
  devicePort,
  snmpPort = standardSnmpPort,
  ippPort = standardIppPort,
}: Ports): readonly Way[] {
  return [
    {
      way: 'deviceApi',
      name: 'open device API',
      missing: () => null,
      ask: async (address, { deviceNetworks: networks }, signal) => {
        const driver = openDeviceApi({
          address,
          port: devicePort,
          fingerprint: null,
          networks,
          mutual: null,
        });
        return driver.identify(signal).finally(() => driver.close());
      },
    },
    {
      way: 'snmp',
      name: 'SNMP',
      missing: ({ probeCommunity }) => (probeCommunity === null ? 'no community is set' : null),
      ask: async (address, { deviceNetworks: networks, probeCommunity }, signal) => {
        const access = { version: 'clear', community: probeCommunity ?? '' } as const;
        const driver = openSnmp({ address, port: snmpPort, networks, access, serial: null });
        return driver.identify(signal).finally(() => driver.close());
      },
    },
    {
      way: 'ipp',
      name: 'IPP',
      missing: () => null,
      ask: async (address, { deviceNetworks: networks }, signal) => {
        const driver = openIpp({ address, port: ippPort, fingerprint: null, networks, mutual: null });
        const said = await driver.identify(signal).finally(() => driver.close());
        if (said.kind !== 'answered') return said;
        // It does not say at which address it is: whoever passes connections on shows another's certificate.
        return { kind: 'answered', value: { ...said.value, fingerprint: null } };
      },
    },
  ];
}

export interface Found extends Identified {
  readonly probedBy: ProbeWay;
}

export type Answer =
  | { readonly kind: 'found'; readonly found: Found }
  | {
      readonly kind: 'unknown';
      /** For an operator. */
      readonly reason: string;
      /** Somebody answers there in a protocol of devices, and does not say who it is. */
      readonly somebody: boolean;
      /** A host is at the address: it took, refused or cut a connection. */
      readonly alive: boolean;
      /** It is worth asking again soon. */
      readonly mayPass: boolean;
    };

export interface Asking {
  readonly ways: readonly Way[];
  readonly settings: Settings;
  readonly signal: AbortSignal;
  /** From 1: what cannot be understood is asked for once more, and not again. */
  readonly attempt: number;
}

/** Rejects only when `signal` is aborted, with its reason. */
export async function whoIs(address: string, { ways, settings, signal, attempt }: Asking): Promise<Answer> {
  if (!mayConnect(address, settings.deviceNetworks, ownAddresses()))
    return unknown([`${address} lies outside the device networks`], [], attempt);
  const over = new AbortController();
  const asking = AbortSignal.any([signal, over.signal]);
  const asked = ways.map((each) => {
    const lack = each.missing(settings);
    const said = lack === null ? each.ask(address, settings, asking) : null;
    // Who is called off while another is waited for is heard of below.
    said?.catch(() => undefined);
    return { each, lack, said };
  });
  try {
    const reasons: string[] = [];
    const setbacks: Setback[] = [];
    for (const { each, lack, said } of asked) {
      const outcome = await said;
      if (outcome?.kind === 'answered')
        return judged(address, { ...outcome.value, probedBy: each.way }, each.name);
      if (outcome) setbacks.push(outcome);
      reasons.push(`${each.name}: ${outcome?.reason ?? lack ?? ''}`);
    }
    return unknown(reasons, setbacks, attempt);
  } finally {
    // Nobody needs to hear the rest; when this settles, nothing is open to the address any more.
    over.abort();
    await Promise.allSettled(asked.flatMap(({ said }) => said ?? []));
  }
}

/** Another's answer, passed on, or one of several addresses: which of them is the device's, it announces itself. */
function judged(address: string, found: Found, name: string): Answer {
  const { ip } = found.identity;
  if (ip === address) return { kind: 'found', found };
  const reason = `${name}: what answers says that it is at ${ip}`;
  return { kind: 'unknown', reason, somebody: true, alive: true, mayPass: false };
}

const unknown = (reasons: readonly string[], setbacks: readonly Setback[], attempt: number): Answer => ({
  kind: 'unknown',
  reason: reasons.join('; '),
  somebody: setbacks.some(({ kind }) => kind !== 'unreachable'),
  alive: setbacks.some((setback) => setback.kind !== 'unreachable' || setback.host === 'alive'),
  mayPass: setbacks.some((setback) => isWorthAgain(setback, attempt)),
});
