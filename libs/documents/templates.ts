// Policies that a fresh installation comes with, and that operators start their own from.
import type { SettingValue } from '../events/device-setting.js';
import type { Policy, PolicyItem } from '../events/policy.js';
import { settingsCatalogue } from '../device/catalogue.js';

export interface PolicyTemplate {
  readonly id: string;
  readonly body: Policy;
}

/** What is as good as what guides ask for: where there is no IPP at all, no job comes by it in clear. */
const asGood = new Map<string, SettingValue[]>([['svc.ipp', ['off']]]);

function item(setting: string): PolicyItem {
  const known = settingsCatalogue.get(setting);
  if (!known) throw new Error(`a template names ${setting}, which is no setting`);
  const { recommended: required, severity } = known;
  const also = asGood.get(setting);
  const compare = also ? 'oneOf' : known.compare;
  return {
    setting,
    required,
    ...(compare === 'equals' ? {} : { compare }),
    ...(also && { also }),
    severity,
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
