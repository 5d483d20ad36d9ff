// Services beside printing that a device offers to its network.
import { category, onOff } from './setting.js';

export const networkServices = category('Network services', [
  {
    key: 'svc.telnet',
    title: 'Telnet',
    type: onOff,
    severity: 'high',
    recommended: false,
    why: 'STIG V-6783: no management protocol but HTTPS and SNMPv3; Telnet sends passwords in clear.',
  },
  {
    key: 'svc.ftp',
    title: 'FTP printing and firmware download',
    type: onOff,
    severity: 'high',
    recommended: false,
    why: 'STIG V-6783: FTP sends passwords in clear and can carry firmware.',
  },
  {
    key: 'svc.tftpConfig',
    title: 'Configuration file by TFTP',
    type: onOff,
    severity: 'medium',
    recommended: false,
    why: 'STIG V-97711 (NIST CM-7 b): whoever answers a TFTP request could configure the device.',
  },
  {
    key: 'svc.slp',
    title: 'SLP',
    type: onOff,
    severity: 'medium',
    recommended: false,
    why: 'STIG V-97711 (NIST CM-7 b): service location is not needed once the device is known.',
  },
  {
    key: 'svc.llmnr',
    title: 'LLMNR',
    type: onOff,
    severity: 'medium',
    recommended: false,
    why: 'STIG V-97711 (NIST CM-7 b): anyone on the link may answer its questions about names.',
  },
  {
    key: 'svc.wsDiscovery',
    title: 'WS-Discovery',
    type: onOff,
    severity: 'medium',
    recommended: false,
    why: 'STIG V-97711 (NIST CM-7 b): answers strangers, and can be used to amplify floods.',
  },
  {
    key: 'svc.mdns',
    title: 'mDNS (Bonjour)',
    type: onOff,
    severity: 'medium',
    recommended: false,
    why: 'STIG V-97711 (NIST CM-7 b): tells the whole link what the device is.',
  },
  {
    key: 'svc.wins',
    title: 'WINS',
    type: onOff,
    severity: 'low',
    recommended: false,
    why: 'STIG V-97711 (NIST CM-7 b): name service of networks long gone.',
  },
]);
