// A policy: a named set of settings with required values (R66).
import * as z from 'zod';
import { comparison, settingValue, severity, unsupported } from './device-setting.js';
import { defineDocument } from './document.js';
import { printable } from './identity.js';
import { exampleIpsecRule, ipsecRules } from './ipsec.js';

export const policyItem = z.strictObject({
  /** Key in the settings catalogue, such as `svc.telnet`. */
  setting: z.string().max(64),
  /** What remediation writes. */
  required: settingValue,
  /** How a device's value is compared with `required`; absent: equals. */
  compare: comparison.optional(),
  /** With oneOf: values that are as good as `required`. */
  also: z.array(settingValue).max(50).optional(),
  severity,
  /** False: report only. */
  remediate: z.boolean().default(true),
  /** What a device without this setting means. */
  unsupported: unsupported.default('ignore'),
});
export type PolicyItem = z.infer<typeof policyItem>;

/** Rules of IPsec (R68): a device is to have all of these and no others. They are written in the place of those it has. */
export const policyIpsec = z.strictObject({
  severity,
  /** False: report only. */
  remediate: z.boolean().default(true),
  /** What a device without IPsec, or without a way to ask for its rules, means. */
  unsupported: unsupported.default('ignore'),
  rules: ipsecRules,
});
export type PolicyIpsec = z.infer<typeof policyIpsec>;

export const policyBody = z.strictObject({
  name: printable(128),
  description: z.string().max(2000).default(''),
  items: z.array(policyItem).max(500),
  /** Absent: nothing is asked of a device's rules of IPsec, which stay as they are. */
  ipsec: policyIpsec.optional(),
});
export type Policy = z.infer<typeof policyBody>;

export const policyChanged = defineDocument({
  noun: 'policy',
  version: 3,
  title: 'A policy was written, changed or deleted.',
  body: policyBody,
  example: {
    name: 'Muster Base',
    description: 'What every printer should have.',
    items: [
      { setting: 'svc.telnet', required: false, severity: 'high', remediate: true, unsupported: 'ignore' },
      {
        setting: 'jobs.holdTimeoutMinutes',
        required: 240,
        compare: 'atMost',
        severity: 'medium',
        remediate: true,
        unsupported: 'ignore',
      },
      {
        setting: 'snmp.access',
        required: 'v3Only',
        compare: 'oneOf',
        also: ['v1v2ReadOnly'],
        severity: 'high',
        remediate: true,
        unsupported: 'fail',
      },
    ],
    ipsec: { severity: 'high', remediate: true, unsupported: 'ignore', rules: [exampleIpsecRule] },
  },
});
