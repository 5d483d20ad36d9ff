// What a device is, apart from announcing: its settings, and the HTTPS interface to them.
//
//   setting.ts   which settings there are, their values, and what a device comes with from the box
//   device.ts    one device: identity, settings in force, administrator's password
//   digest.ts    HTTP Digest, the device's half
//   request.ts   one request's body read under its limits, one answer written
//   routes.ts    what its HTTPS interface answers (../DEVICE-API.md)
//   api.ts       serves that interface with the device's certificate
import type { SettingValue } from '#events/assessment';

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

const whole = (outOfBox: number, max: number): Setting => ({
  outOfBox,
  fault: (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max
      ? null
      : `must be a whole number from 0 to ${max}`,
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
  'svc.llmnr': flag(true),
  'svc.wsDiscovery': flag(true),
  'svc.mdns': flag(true),
  'svc.wins': flag(true),
  'svc.airPrint': flag(true),
  'svc.lpd': flag(true),
  'svc.port9100': flag(true),
  'svc.ipp': choice('both', 'off', 'ippsOnly', 'ippOnly'),
  'web.httpsRedirect': flag(false),
  'tls.strength': choice('low', 'medium', 'high'),
  'tls.legacyRenegotiation': flag(true),
  'snmp.access': choice('v1v2ReadWrite', 'v1v2ReadOnly', 'v3Only'),
  'panel.lock': flag(false),
  'disk.eraseMode': choice('fast', 'secureFast', 'sanitize'),
  'wifi.direct': flag(true),
  'usb.hostPlugAndPlay': flag(true),
  'log.syslog': flag(false),
  'jobs.holdTimeoutMinutes': whole(0, 10_080),
  'fw.remoteUpgrade': flag(true),
  'admin.passwordSet': readOnly(false),
  'announce.enabled': flag(true),
  'announce.server': text('', /^[A-Za-z0-9.:_-]{0,253}$/, 'must be a host name, an address, or empty'),
  'announce.requireMutual': flag(false),
};

/** What a device that lacks `missing` comes with from the box. */
export function outOfBox(missing: readonly string[] = []): Settings {
  const present = Object.entries(deviceSettings).filter(([key]) => !missing.includes(key));
  return Object.fromEntries(present.map(([key, setting]) => [key, setting.outOfBox]));
}
