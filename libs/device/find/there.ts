// Whether somebody is at an address, whoever it is: a connection is taken at a port that a driver speaks to, or an SNMP agent
// answers. To ports that print nobody goes.
import { deviceApiPort } from '../api.js';
import { ippPort } from '../ipp/ipp.js';
import { knock } from '../probe/knock.js';
import { snmpPort } from '../snmp/driver.js';
import { agentAnswers } from './agent.js';

export interface PortsOfDevices {
  readonly tcp: readonly number[];
  readonly snmp: number;
}

/** Of a device's pages. */
export const pagePorts = [443, 80] as const;
/** The open device API, IPP, the device's pages, SNMP: ports of the drivers. */
export const portsOfDevices: PortsOfDevices = { tcp: [deviceApiPort, ippPort, ...pagePorts], snmp: snmpPort };
/** Until an address counts as empty. */
export const thereMs = 2_500;

export interface There {
  readonly address: string;
  readonly ports: PortsOfDevices;
  /** Sent in clear; null: none. */
  readonly community: string | null;
  readonly waitMs?: number;
}

/** The first that answers, in words that follow `it`; null: nobody did. Settles in time; when `signal` is aborted, with null. */
export async function whatAnswers(
  { address, ports, community, waitMs = thereMs }: There,
  signal: AbortSignal,
): Promise<string | null> {
  const answered = new AbortController();
  const all = AbortSignal.any([signal, answered.signal]);
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const told = (there: boolean, hint: string): void => {
    if (there) resolve(hint);
  };
  const asking = [
    ...ports.tcp.map(async (port) =>
      told((await knock({ address, port }, all, waitMs)).kind === 'open', `takes connections at ${port}`),
    ),
    agentAnswers({ address, port: ports.snmp, community }, all, waitMs).then((there) =>
      told(there, 'answers SNMP'),
    ),
  ];
  const hint = await Promise.race([promise, Promise.all(asking).then(() => null)]);
  answered.abort();
  await Promise.all(asking);
  return hint;
}
