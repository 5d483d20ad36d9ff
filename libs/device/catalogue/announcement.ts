// The announcement agent of the device (R6, R9).
import { category, onOff } from './setting.js';

export const announcement = category('Announcement agent', [
  {
    key: 'announce.enabled',
    title: 'The device announces itself',
    type: onOff,
    severity: 'low',
    recommended: true,
    labels: { true: 'Yes', false: 'No' },
    why: 'A device that announces is secured again at once after a cold reset.',
  },
  {
    key: 'announce.requireMutual',
    title: 'The device announces to a proven server only',
    type: onOff,
    severity: 'low',
    recommended: false,
    labels: { true: 'Yes', false: 'No' },
    why: 'Set it once the device has its certificates: before that, it would stay silent.',
    cutsOff: true,
  },
]);
