// Who a printer says by IPP that it is. Pure. IPP names no MAC address: it is had where the printer's UUID was made of one.
import ipaddr from 'ipaddr.js';
import { cut } from '../../events/cut.js';
import { identity, serialNumber, type Identity } from '../../events/identity.js';
import type { Outcome, Setback } from '../device.js';
import { deviceIdNames, inDeviceId } from '../device-id.js';
import { textsOf, waysIn } from './attributes.js';
import { firmwareOf } from './facts.js';
import type { Attributes } from './message.js';

/** @param ip where it was asked */
export function identityOf(attributes: Attributes, ip: string): Outcome<Identity> {
  const serial = serialOf(attributes);
  if (serial.kind !== 'answered') return serial;
  const mac = macOf(attributes);
  if (mac === null) return unsupported('its IPP names no MAC address, and its UUID was made of none');
  const [named = deviceIdOf(attributes, deviceIdNames.model) ?? ''] = textsOf(
    attributes,
    'printer-make-and-model',
  );
  const model = cut(named, 128);
  const hostname = hostnameOf(attributes);
  const parsed = identity.safeParse({
    serial: serial.value,
    ...{ mac, ip, model, hostname },
    firmware: firmwareOf(attributes),
  });
  if (parsed.success) return { kind: 'answered', value: parsed.data };
  const [issue] = parsed.error.issues;
  return unreadable(`${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

/** Its own attribute, which is young, else the one that every printer has had since parallel ports (IEEE 1284). */
export function serialOf(attributes: Attributes): Outcome<string> {
  const [own = deviceIdOf(attributes, deviceIdNames.serial)] = textsOf(attributes, 'printer-serial-number');
  if (own === null) return unsupported('its IPP names no serial number');
  const parsed = serialNumber.safeParse(own);
  if (parsed.success) return { kind: 'answered', value: parsed.data };
  return unreadable(`serial ${parsed.error.issues[0]?.message ?? ''}`);
}

const unsupported = (reason: string): Setback => ({ kind: 'unsupported', reason });
const unreadable = (fault: string): Setback => ({
  kind: 'failed',
  reason: `what its IPP says cannot be read: ${fault}`,
  mayPass: 'once',
});

/** Null: it has none. */
const deviceIdOf = (attributes: Attributes, name: RegExp): string | null =>
  textsOf(attributes, 'printer-device-id').flatMap((id) => inDeviceId(id, name))[0] ?? null;

/** Version 1, variant of RFC 9562, and a node that was not drawn by lot: that has the bit of a group. */
const madeOfMac =
  /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-([0-9a-f][02468ace][0-9a-f]{10})$/i;

function macOf(attributes: Attributes): string | null {
  const uuids = [...textsOf(attributes, 'printer-uuid'), ...textsOf(attributes, 'device-uuid')];
  const nodes = uuids.flatMap((uuid) => madeOfMac.exec(uuid)?.[1] ?? []);
  return nodes.find((node) => !/^0+$/.test(node)) ?? null;
}

/** When it calls itself by one name in all its addresses. */
function hostnameOf(attributes: Attributes): string | null {
  const names = new Set(waysIn(attributes).flatMap(({ uri }) => nameIn(uri)));
  const [name, ...others] = names;
  return name === undefined || others.length > 0 || name.length > 253 ? null : name;
}

function nameIn(uri: string): readonly string[] {
  if (!URL.canParse(uri)) return [];
  const host = new URL(uri).hostname.toLowerCase().replace(/\.$/, '');
  const isName =
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host) && !ipaddr.isValid(host) && host !== 'localhost';
  return isName ? [host] : [];
}
