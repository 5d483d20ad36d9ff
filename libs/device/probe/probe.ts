// The driver that sees a device from outside: which ports take connections, what TLS it speaks, which certificate it shows,
// whether its pages lead to HTTPS. It knows no secret and writes nothing.
//
//   probe.ts        the driver                    look.ts   what is asked of the device for one reading, and once only
//   knock.ts        whether a port is open        handshake.ts  one TLS handshake
//   hello.ts        its beginning, by hand        certificate.ts  what is judged of one
//   redirect.ts     what is answered in clear     observation.ts  what was seen of one fact
import type { SettingValue } from '../../events/device-setting.js';
import { ownAddresses } from '../../addresses/own.js';
import { mayConnect } from '../address.js';
import { faultOfValue, settingsCatalogue, type Catalogue } from '../catalogue.js';
import type { ProbeFact, SettingType } from '../catalogue/setting.js';
import type { Driver, Outcome, Reading, Values } from '../device.js';
import { Look, type Ports } from './look.js';
import type { Observation } from './observation.js';

export interface ProbeTarget {
  /** By number. */
  readonly address: string;
  /** That the certificate may name instead of the address; null: none is known. */
  readonly hostname: string | null;
  /** Where the operator lets Muster connect to, in CIDR notation. */
  readonly networks: readonly string[];
}

export interface ProbeOptions {
  readonly catalogue?: Catalogue;
  /** PEM: whom the certificate may come from. One list for all devices: what OpenSSL makes of it is kept with the list. */
  readonly authorities?: readonly string[];
  readonly ports?: Ports;
}

export const standardPorts: Ports = { https: 443, ipps: 631, http: 80 };
const nobody: readonly string[] = [];

/** For one reading, whatever the device does. */
const wholeMs = 25_000;

interface Asked {
  readonly key: string;
  readonly type: SettingType;
  readonly way: ProbeFact;
}

export function openProbe(target: ProbeTarget, options: ProbeOptions = {}): Driver {
  const { catalogue = settingsCatalogue, authorities = nobody, ports = standardPorts } = options;
  return {
    name: 'probe',
    identify: async (signal) => {
      signal.throwIfAborted();
      return { kind: 'unsupported', reason: 'seen from outside, nobody says who it is' };
    },
    read: (keys, signal) => read({ ...target, authorities, ports }, askedOf(catalogue, keys), signal),
    write: async (changes, signal) => {
      signal.throwIfAborted();
      const refused = new Map([...changes.keys()].map((key) => [key, 'from outside, nothing is set']));
      return { kind: 'answered', value: { applied: new Set(), refused } };
    },
    close: () => undefined,
  };
}

const askedOf = (catalogue: Catalogue, keys: ReadonlySet<string>): readonly Asked[] =>
  [...catalogue.values()].flatMap(({ key, type, by: { probe: way } }) =>
    keys.has(key) && way ? [{ key, type, way }] : [],
  );

interface Seeing extends ProbeTarget {
  readonly authorities: readonly string[];
  readonly ports: Ports;
}

/** Rejects only when `signal` is aborted, with its reason. */
async function read(on: Seeing, asked: readonly Asked[], signal: AbortSignal): Promise<Outcome<Reading>> {
  signal.throwIfAborted();
  if (!mayConnect(on.address, on.networks, ownAddresses())) {
    return { kind: 'failed', reason: `${on.address} lies outside the device networks`, mayPass: false };
  }
  if (asked.length === 0) return seenOutside(new Map(), new Map());
  const look = new Look(on, AbortSignal.any([signal, AbortSignal.timeout(wholeMs)]));
  const ways = asked.map(({ way }) => way);
  const host = await look.knockAt(ways.flatMap((way) => (way.fact === 'port' ? [way.port] : [])));
  signal.throwIfAborted();
  if (host !== 'alive') {
    const reason = host === 'silent' ? 'none of its ports answers' : 'this machine could not ask';
    return { kind: 'unreachable', reason, host };
  }
  const values = new Map<string, SettingValue>();
  const failed = new Map<string, string>();
  for (const { key, type, way } of asked) {
    const observation = fitted(type, way, await look.observe(way));
    signal.throwIfAborted();
    if (observation.kind === 'seen') values.set(key, observation.value);
    if (observation.kind === 'failed') failed.set(key, observation.reason);
  }
  return seenOutside(values, failed);
}

const seenOutside = (values: Values, failed: ReadonlyMap<string, string>): Outcome<Reading> => ({
  kind: 'answered',
  value: { values, failed, unspoken: true },
});

/** As a value of the setting: a certificate may last longer, or have ended longer ago, than its numbers go. */
function fitted(type: SettingType, way: ProbeFact, observation: Observation): Observation {
  if (observation.kind !== 'seen') return observation;
  const days = way.fact === 'certificate' && way.about === 'daysLeft' && type.type === 'number';
  const value = days ? Math.min(type.max, Math.max(type.min, Number(observation.value))) : observation.value;
  const fault = faultOfValue(type, value);
  return fault === null
    ? { kind: 'seen', value }
    : { kind: 'failed', reason: `what is seen, ${value}, is no value of it: it must be ${fault}` };
}
