// Who a device is, by SNMPv2c, read only: what system (RFC 3418), interfaces (RFC 2863), host resources (RFC 2790) and
// printer (RFC 3805) say. Two requests, each answered by one datagram, so that nothing is endless.
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import snmp, { type Session, type Varbind } from 'net-snmp';
import { identity, type Identity } from '../events/identity.js';
import { messageOf } from '../events/message-of.js';
import { ownAddresses } from '../addresses/own.js';
import { mayConnect } from './address.js';
import type { Outcome, Setback, Target } from './device.js';
import { hostOf } from './exchange.js';
import { sessionSocket } from './snmp-socket.js';

/** Port of a device's SNMP agent. */
export const snmpPort = 161;

export interface SnmpTarget extends Omit<Target, 'fingerprint' | 'mutual'> {
  /** Sent in clear, so that it is no secret. */
  readonly community: string;
}

const limits = { tryMs: 2_000, retries: 1, wholeMs: 8_000, interfacesMax: 16 } as const;

const scalars = {
  sysDescr: '1.3.6.1.2.1.1.1.0',
  sysName: '1.3.6.1.2.1.1.5.0',
  hrDeviceDescr: '1.3.6.1.2.1.25.3.2.1.3.1',
  prtGeneralSerialNumber: '1.3.6.1.2.1.43.5.1.1.17.1',
} as const;
const ifPhysAddress = '1.3.6.1.2.1.2.2.1.6';

/** Rejects only when `signal` is aborted, with its reason. Settles in time, whatever the device does. */
export async function identifyBySnmp(target: SnmpTarget, signal: AbortSignal): Promise<Outcome<Identity>> {
  signal.throwIfAborted();
  const { address, networks } = target;
  if (!mayConnect(address, networks, ownAddresses())) {
    return { kind: 'failed', reason: `${address} lies outside the device networks`, mayPass: false };
  }
  const limited = AbortSignal.any([signal, AbortSignal.timeout(limits.wholeMs)]);
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', signal: limited });
  const { promise: broken, reject } = Promise.withResolvers<never>();
  socket.on('error', reject);
  limited.addEventListener('abort', () => reject(limited.reason), { once: true });
  try {
    await Promise.race([connected(socket, target), broken]);
    return await Promise.race([readIdentity(openSession(socket, target, reject), target), broken]);
  } catch (error) {
    signal.throwIfAborted();
    return setback(error);
  } finally {
    if (!limited.aborted) socket.close();
  }
}

async function readIdentity(session: Session, target: SnmpTarget): Promise<Outcome<Identity>> {
  const [sysDescr, sysName, model, serial] = (await get(session, Object.values(scalars))).map(textOf);
  if (!serial) return unsupported('its SNMP agent names no serial number of a printer');
  const mac = macOf(await firstRows(session, ifPhysAddress));
  if (mac === null) return unsupported('its SNMP agent names no MAC address');
  const parsed = identity.safeParse({
    serial,
    model: (model || sysDescr || '').slice(0, 128),
    mac,
    ip: target.address,
    hostname: sysName ? sysName.slice(0, 253) : null,
    firmware: null,
  });
  if (parsed.success) return { kind: 'answered', value: parsed.data };
  const [issue] = parsed.error.issues;
  const fault = `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  return { kind: 'failed', reason: `what its SNMP agent says cannot be read: ${fault}`, mayPass: true };
}

const unsupported = (reason: string): Setback => ({ kind: 'unsupported', reason });

/** From then on the system hands on what comes from this address and port, and nothing else. */
const connected = (socket: Socket, { address, port }: SnmpTarget): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.connect(port, address, (error?: Error) => (error ? reject(error) : resolve()));
  });

function openSession(
  socket: Socket,
  { address, port, community }: SnmpTarget,
  broken: (error: Error) => void,
): Session {
  const session = snmp.createSession(address, community, {
    version: snmp.Version2c,
    port,
    timeout: limits.tryMs,
    retries: limits.retries,
    reportOidMismatchErrors: true,
    dgramModule: { createSocket: () => sessionSocket(socket, broken) },
  });
  // A datagram that cannot be read is none: the request ends by its time.
  session.on('error', () => undefined);
  return session;
}

const get = (session: Session, oids: readonly string[]): Promise<readonly Varbind[]> =>
  new Promise((resolve, reject) => {
    session.get(oids, (error, told) => (error ? reject(error) : resolve(told)));
  });

/** What follows an OID, as much as one answer holds. */
const firstRows = (session: Session, oid: string): Promise<readonly Varbind[]> =>
  new Promise((resolve, reject) => {
    session.getBulk([oid], 0, limits.interfacesMax, (error, told) =>
      error ? reject(error) : resolve((told[0] ?? []).filter((row) => row.oid.startsWith(`${oid}.`))),
    );
  });

/** Empty when the device has no such thing. */
function textOf(varbind: Varbind): string {
  const { value } = varbind;
  if (snmp.isVarbindError(varbind) || !Buffer.isBuffer(value)) return '';
  return value
    .toString('utf8')
    .replaceAll(/\p{Cc}|\p{Zl}|\p{Zp}/gu, ' ')
    .trim();
}

/** Of the first interface that has one of its own; loopback has none, and some say that it is all zeros. */
function macOf(rows: readonly Varbind[]): string | null {
  const own = rows.flatMap(({ value }) => (Buffer.isBuffer(value) && isOwnMac(value) ? [value] : []));
  return own[0]?.toString('hex') ?? null;
}

/** Six bytes, not all zero, without the bit of a group (IEEE 802). */
const isOwnMac = (bytes: Buffer): boolean =>
  bytes.length === 6 && bytes.some((byte) => byte !== 0) && ((bytes[0] ?? 1) & 1) === 0;

/** Whoever says nothing may have another community, or no SNMP: it shows nothing of the host. */
function setback(error: unknown): Setback {
  // net-snmp names an error status that no RFC has by a number.
  const said = String(messageOf(error)).slice(0, 200);
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (typeof code === 'string' && code !== 'ABORT_ERR') {
    return { kind: 'unreachable', reason: `it cannot be reached: ${said}`, host: hostOf(code) };
  }
  const silent = error instanceof Error && ['RequestTimedOutError', 'TimeoutError'].includes(error.name);
  if (silent) return { kind: 'unreachable', reason: 'no answer in time', host: 'unknown' };
  return { kind: 'failed', reason: `its SNMP agent does not answer as it should: ${said}`, mayPass: true };
}
