// A policy: a named set of settings with required values (R66).
import * as z from 'zod';
import { settingValue, severity } from './assessment.js';
import { defineDocument } from './document.js';
import { printable } from './identity.js';

export const policyItem = z.strictObject({
  /** Key in the settings catalogue, such as `svc.telnet`. */
  setting: z.string().max(64),
  required: settingValue,
  severity,
  /** False: report only. */
  remediate: z.boolean().default(true),
  /** What a device without this setting means. */
  unsupported: z.enum(['fail', 'ignore']).default('ignore'),
});
export type PolicyItem = z.infer<typeof policyItem>;

export const policyBody = z.strictObject({
  name: printable(128),
  description: z.string().max(2000).default(''),
  items: z.array(policyItem).max(500),
});
export type Policy = z.infer<typeof policyBody>;

export const policyChanged = defineDocument({
  noun: 'policy',
  title: 'A policy was written, changed or deleted.',
  body: policyBody,
  example: {
    name: 'Muster Base',
    description: 'What every printer should have.',
    items: [
      { setting: 'svc.telnet', required: false, severity: 'high', remediate: true, unsupported: 'ignore' },
    ],
  },
});
