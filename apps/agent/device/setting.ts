// What a device is, apart from announcing: its settings, and the HTTPS interface to them.
//
//   setting.ts   which settings there are, their values, and what a device comes with from the box
//   device.ts    one device: identity, settings in force, administrator's password
//   digest.ts    HTTP Digest, the device's half
//   request.ts   one request's body read under its limits, one answer written
//   routes.ts    what its HTTPS interface answers (../DEVICE-API.md)
//   api.ts       serves that interface with the device's certificate
import type { SettingValue } from '#events/device-setting';

export type Settings = Readonly<Record<string, SettingValue>>;

/** One setting that a device can have. */
export interface Setting {
  readonly outOfBox: SettingValue;
  /** Why a value cannot be taken; null when it can. */
  fault(value: SettingValue): string | null;
}

const flag = (outOfBox: boolean): Setting => ({
  outOfBox,
  fault: (value) => (typeof value === 'boolean' ? null : 'must be true or false'),
});

const choice = (outOfBox: string, ...others: readonly string[]): Setting => {
  const values = [outOfBox, ...others];
  return {
    outOfBox,
    fault: (value) => (values.some((each) => each === value) ? null : `must be one of ${values.join(', ')}`),
  };
};

const whole = (outOfBox: number, max: number, min = 0): Setting => ({
  outOfBox,
  fault: (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? null
      : `must be a whole number from ${min} to ${max}`,
});

const text = (outOfBox: string, pattern: RegExp, rule: string): Setting => ({
  outOfBox,
  fault: (value) => (typeof value === 'string' && pattern.test(value) ? null : rule),
});

const readOnly = (outOfBox: boolean): Setting => ({ outOfBox, fault: () => 'is read only' });

/** Every setting of version 1, with what a device comes with from the box: open to everything. */
export const deviceSettings: Readonly<Record<string, Setting>> = {
  'svc.telnet': flag(true),
  'svc.ftp': flag(true),
  'svc.tftpConfig': flag(true),
  'svc.slp': flag(true),
  'svc.slpClient': flag(true),
  'svc.llmnr': flag(true),
  'svc.wsDiscovery': flag(true),
  'svc.mdns': flag(true),
  'svc.multicast': flag(true),
  'svc.wins': flag(true),
  'svc.winsRegistration': flag(true),
  'svc.ddns': flag(true),
  'net.idleTimeoutSeconds': whole(0, 3_600),
  'svc.airPrint': flag(true),
  'svc.wsPrint': flag(true),
  'svc.lpd': flag(true),
  'svc.port9100': flag(true),
  'svc.ipp': choice('both', 'off', 'ippsOnly', 'ippOnly'),
  'ipp.auth': choice(
    'none',
    'requesting-user-name',
    'basic',
    'digest',
    'negotiate',
    'oauth',
    'certificate',
    'certificate+basic',
    'certificate+digest',
    'certificate+negotiate',
    'certificate+oauth',
  ),
  'jobs.hold': flag(true),
  'jobs.holdTimeoutMinutes': whole(0, 10_080),
  'jobs.heldMax': whole(50, 50),
  'jobs.ioTimeoutSeconds': whole(300, 300, 5),
  'svc.airScan': flag(true),
  'email.scanToSmtp': flag(true),
  'eprint.cloud': flag(true),
  'web.httpsRedirect': flag(false),
  'fw.remoteUpgrade': flag(true),
  'log.syslog': flag(false),
  'log.maxPerMinute': whole(0, 1_000),
  'admin.passwordSet': readOnly(false),
  'snmp.access': choice('v1v2ReadWrite', 'v1v2ReadOnly', 'v3Only'),
  'snmpv3.auth': choice('md5', 'sha1', 'sha256', 'sha512'),
  'snmpv3.privacy': choice('des', 'aes128', 'aes256'),
  'tls.oldestVersion': choice('TLSv1', 'SSLv3', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
  'tls.strength': choice('low', 'medium', 'high'),
  'tls.legacyRenegotiation': flag(true),
  'tls.fips': flag(false),
  'panel.lock': flag(false),
  'panel.timeoutSeconds': whole(0, 3_600),
  'panel.input': flag(true),
  'disk.eraseMode': choice('fast', 'secureFast', 'sanitize'),
  'disk.encryption': readOnly(false),
  'fs.externalAccess': flag(true),
  'usb.hostPlugAndPlay': flag(true),
  'usb.direct': flag(true),
  'wifi.direct': flag(true),
  'wifi.directBroadcast': flag(true),
  'wifi.directHidesPassphrase': flag(false),
  'wifi.radio': flag(true),
  'nfc.enabled': flag(true),
  'ble.enabled': flag(true),
  'announce.enabled': flag(true),
  'announce.server': text('', /^[A-Za-z0-9.:_-]{0,253}$/, 'must be a host name, an address, or empty'),
  'announce.requireMutual': flag(false),
};

/** What a device that lacks `missing` comes with from the box. */
export function outOfBox(missing: readonly string[] = []): Settings {
  const present = Object.entries(deviceSettings).filter(([key]) => !missing.includes(key));
  return Object.fromEntries(present.map(([key, setting]) => [key, setting.outOfBox]));
}
