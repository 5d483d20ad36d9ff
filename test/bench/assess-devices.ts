// The devices of bench:assess, in a process of their own: API PORT, SNMP PORT, how many of each, answer time in ms.
// SIGHUP: all are as they came from the box.
import { identityAt, startVirtualDevices } from '../support/virtual-devices.js';
import { apiDevices, snmpDevices } from './assess-names.js';
import { startSnmpPrinters } from './snmp-printers.js';

/** Said once all of them answer. */
export interface Ready {
  /** Of the certificate that those by the API show. */
  readonly fingerprint: string;
}

const [apiPort = 0, snmpPort = 0, apiCount = 0, snmpCount = 0, delayMs = 0] = process.argv
  .slice(2)
  .map(Number);

const byApi = await startVirtualDevices({ ...apiDevices, count: apiCount, port: apiPort, delayMs });
const identities = Array.from({ length: snmpCount }, (_, at) => identityAt(snmpDevices, at));
const bySnmp = await startSnmpPrinters(identities, { port: snmpPort, delayMs });
process.on('SIGHUP', () => {
  byApi.reset();
  bySnmp.reset();
});
const ready: Ready = { fingerprint: byApi.fingerprint };
process.stdout.write(`${JSON.stringify(ready)}\n`);
