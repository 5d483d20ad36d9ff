// Policies that a fresh installation comes with, and that operators start their own from.
import type { Policy, PolicyItem } from '../events/policy.js';
import { settingsCatalogue } from '../device/catalogue.js';
import { askedOf } from '../device/catalogue/setting.js';

export interface PolicyTemplate {
  readonly id: string;
  readonly body: Policy;
}

function item(setting: string): PolicyItem {
  const known = settingsCatalogue.get(setting);
  if (!known) throw new Error(`a template names ${setting}, which is no setting`);
  return {
    setting,
    ...askedOf(known),
    severity: known.severity,
    remediate: !known.readOnly,
    unsupported: 'ignore',
  };
}

/** The least that every printer should have: what sends passwords or jobs in clear is off. */
const limited = [
  'svc.telnet',
  'svc.ftp',
  'svc.tftpConfig',
  'svc.ipp',
  'web.httpsRedirect',
  'tls.oldestVersion',
  'tls.strength',
];

/** All that can be had without knowing what a site prints with. */
const base = [
  ...limited,
  'svc.slp',
  'svc.slpClient',
  'svc.llmnr',
  'svc.wsDiscovery',
  'svc.mdns',
  'svc.wins',
  'svc.winsRegistration',
  'svc.lpd',
  'net.idleTimeoutSeconds',
  'tls.legacyRenegotiation',
  'snmp.access',
  'panel.lock',
  'panel.timeoutSeconds',
  'disk.eraseMode',
  'wifi.direct',
  'nfc.enabled',
  'ble.enabled',
  'usb.hostPlugAndPlay',
  'jobs.holdTimeoutMinutes',
  'jobs.heldMax',
];

export const policyTemplates: readonly PolicyTemplate[] = [
  {
    id: 'base',
    body: {
      name: 'Muster Base',
      description:
        'What every printer should have: no management in clear, no services that nobody uses, jobs that do not stay.',
      items: base.map((setting) => item(setting)),
    },
  },
  {
    id: 'limited',
    body: {
      name: 'Muster Limited',
      description: 'The least: what sends passwords or jobs in clear is off.',
      items: limited.map((setting) => item(setting)),
    },
  },
  { id: 'blank', body: { name: 'Blank', description: 'Nothing yet.', items: [] } },
];
