// The device itself: panel, disk, ports and radio.
import { category, choice, onOff } from './setting.js';

export const deviceControl = category('Device control', [
  {
    key: 'panel.lock',
    title: 'Control panel lock',
    type: onOff,
    severity: 'medium',
    recommended: true,
    why: 'STIG V-6806: who is no administrator cannot change the configuration.',
  },
  {
    key: 'disk.eraseMode',
    title: 'How the disk is erased',
    type: choice('fast', 'secureFast', 'sanitize'),
    severity: 'medium',
    recommended: 'secureFast',
    labels: {
      fast: 'Fast, not overwritten',
      secureFast: 'Overwritten once',
      sanitize: 'Overwritten three times',
    },
    why: 'STIG V-6801: what a job left on the disk is overwritten.',
  },
  {
    key: 'wifi.direct',
    title: 'Wi-Fi Direct',
    type: onOff,
    severity: 'medium',
    recommended: false,
    why: 'STIG V-6794: a network of its own, past every firewall.',
  },
  {
    key: 'usb.hostPlugAndPlay',
    title: 'USB host port',
    type: onOff,
    severity: 'medium',
    recommended: false,
    why: 'STIG V-97711 (NIST CM-7 b): a port for whoever stands at the device.',
  },
]);
