// How jobs come in, and how long they stay.
import { category, choice, onOff } from './setting.js';

export const printing = category('Printing', [
  {
    key: 'svc.airPrint',
    title: 'AirPrint',
    type: onOff,
    severity: 'medium',
    recommended: false,
    why: 'STIG V-6794: jobs come from print servers only.',
  },
  {
    key: 'svc.lpd',
    title: 'LPD printing',
    type: onOff,
    severity: 'low',
    recommended: false,
    why: 'STIG V-6790 allows it; jobs travel in clear and unsigned, so it is off where IPPS is there.',
  },
  {
    key: 'svc.port9100',
    title: 'Raw printing on port 9100',
    type: onOff,
    severity: 'low',
    recommended: true,
    why: 'STIG V-6790 allows it; many print servers need it.',
  },
  {
    key: 'svc.ipp',
    title: 'IPP printing',
    type: choice('off', 'ippsOnly', 'both', 'ippOnly'),
    severity: 'high',
    recommended: 'ippsOnly',
    labels: { off: 'Off', ippsOnly: 'IPPS only', both: 'IPP and IPPS', ippOnly: 'IPP only, in clear' },
    why: 'Jobs and their names are readable on the way unless they come over IPPS (PWG 5100.22, uri-security-supported).',
  },
  {
    key: 'jobs.holdTimeoutMinutes',
    title: 'Held jobs are deleted after',
    type: { type: 'number', min: 0, max: 10_080, unit: 'minutes' },
    severity: 'medium',
    recommended: 240,
    labels: { 0: 'Never' },
    why: 'NIST checklist for printers: jobs that nobody fetched do not stay on the device; 0 keeps them for ever.',
  },
]);
