// The announcement agent of the device (R6, R9).
import { category, onOff, yesNo } from './setting.js';

export const announcement = category('Announcement agent', [
  {
    key: 'announce.enabled',
    title: 'The device announces itself',
    type: onOff,
    severity: 'low',
    recommended: true,
    labels: yesNo,
    why: 'A device that announces is secured again at once after a cold reset.',
    maps: ['NIST CM-6', 'NIST CM-8'],
  },
  {
    key: 'announce.server',
    title: 'Server that the device announces itself to',
    type: {
      type: 'text',
      pattern: /^[A-Za-z0-9.:_-]{0,253}$/,
      rule: 'a host name, an address, or empty',
    },
    severity: 'low',
    recommended: '',
    siteDecides: true,
    labels: { '': 'Found by name' },
    why: 'Empty, it is found by its name in DNS. A wrong one, and devices announce themselves to nobody, or to somebody else.',
    maps: ['NIST CM-6'],
    cutsOff: true,
  },
  {
    key: 'announce.requireMutual',
    title: 'The device announces to a proven server only',
    type: onOff,
    severity: 'low',
    recommended: false,
    siteDecides: true,
    labels: yesNo,
    why: 'Set it once the device has its certificates: before that, it would stay silent.',
    maps: ['NIST IA-3'],
    cutsOff: true,
  },
]);
