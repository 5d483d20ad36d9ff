// What leaves the device, and by which way.
import { category, onOff } from './setting.js';
import { jetDirect } from './snmp-objects.js';

export const scanning = category('Scanning, fax and cloud', [
  {
    key: 'svc.airScan',
    title: 'AirScan',
    type: onOff,
    severity: 'medium',
    recommended: false,
    why: 'STIG V-6794: whoever is on the link could scan what was left on the glass.',
    maps: ['STIG V-6794', 'NIST CM-7'],
    by: { snmp: jetDirect('7.79') },
  },
  {
    key: 'svc.airFax',
    title: 'AirFax',
    type: onOff,
    severity: 'medium',
    recommended: false,
    why: 'STIG V-6794: whoever is on the link could send a fax in your name.',
    maps: ['STIG V-6794', 'NIST CM-7'],
    by: { snmp: jetDirect('7.80') },
  },
  {
    key: 'email.scanToSmtp',
    title: 'Scan to e-mail',
    type: onOff,
    severity: 'medium',
    recommended: false,
    why: 'STIG V-6804: off, unless who scans has proved who they are.',
    maps: ['STIG V-6804', 'NIST AC-4'],
  },
  {
    key: 'eprint.cloud',
    title: 'Printing by a cloud service',
    type: onOff,
    severity: 'medium',
    recommended: false,
    why: 'NIST checklist for printers: jobs would pass a service of others, and the device is reached from outside.',
    maps: ['STIG V-97711', 'NIST AC-20'],
  },
]);
