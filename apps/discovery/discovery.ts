// Which devices there are, and which announcement is whose (R30-R33, R36).
//
//   discovery.ts    the service
//   consumer.ts     load, decide, save
//   known.ts        the state that the rules look at, and how a change changes it
//   admit.ts        the rules: who is let in, who is new, what changed (R30-R33)
//   move.ts         who may move a device: what proves that it is still the same (R31, R32, R36)
//   claims.ts       what becomes of a claim that nothing proves; conflict.ts: what an operator decides of one
//   approval.ts     unknown devices held until somebody admits them (R37); held.ts: who waits with one serial number;
//                   apply-rules.ts: the task that tries changed rules
//   flapping.ts     a device that announces too often is named (R18)
//   rows.ts         the state in SQL; conflict-rows.ts: conflicts; quarantine-rows.ts: held devices
//   prove-move.ts   the task that asks the old address; old-address.ts: how, and what silence is
//   unknown-clients.ts  clients of the edge that say nothing it understands, which may be asked who they are (R19);
//                   probe.ts: the task that asks, probe-rows.ts: whom and when, in SQL
//   who-is.ts       who is at an address: the ways of asking; arrival.ts: what was said, as if it had been announced
//   search/         devices that do not announce themselves, looked for where an operator says (R35)
import { deviceApiPort } from '#device/api';
import { pagePorts, type PortsOfDevices } from '#device/find/there';
import { ippPort } from '#device/ipp/ipp';
import { snmpPort } from '#device/snmp/driver';
import { port, readConfig } from '#runtime/config';
import type { StoredService } from '#runtime/service';
import { applyRulesWorker, followSettings } from './apply-rules.js';
import { admission } from './consumer.js';
import { probeWorker } from './probe.js';
import { proveMoveWorker } from './prove-move.js';
import { callWorker } from './search/call.js';
import { findWorker } from './search/find.js';
import { searches } from './search/search.js';
import { steerWorker } from './search/steer.js';
import { unknownClients } from './unknown-clients.js';
import { waysOfAsking, type Ports } from './who-is.js';

const shape = {
  /** Where devices are asked; the same as for assessment. */
  MUSTER_DEVICE_PORT: port.default(deviceApiPort),
  MUSTER_SNMP_PORT: port.default(snmpPort),
  MUSTER_IPP_PORT: port.default(ippPort),
} as const;

export const discovery: StoredService<Ports> = {
  name: 'discovery',
  config: (environment) => {
    const { MUSTER_DEVICE_PORT, MUSTER_SNMP_PORT, MUSTER_IPP_PORT } = readConfig(shape, environment);
    return { devicePort: MUSTER_DEVICE_PORT, snmpPort: MUSTER_SNMP_PORT, ippPort: MUSTER_IPP_PORT };
  },
  consumers: [admission, unknownClients, searches, followSettings()],
  workers: ({ store, config, log }) => [
    proveMoveWorker({ store, ways: waysOfAsking(config) }),
    applyRulesWorker(store),
    probeWorker({ store, log, ...config }),
    steerWorker(),
    findWorker({ store, ways: waysOfAsking(config), ports: beside(config), dnsServers: null }),
    callWorker({ store }),
  ],
};

/** At the others the drivers themselves are refused or let in. */
const beside = (ports: Ports): PortsOfDevices => ({ tcp: pagePorts, snmp: ports.snmpPort ?? snmpPort });
