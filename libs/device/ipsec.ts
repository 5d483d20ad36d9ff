// What a device says of its rules of IPsec (GET /muster/v1/ipsec), strange ones too: they are there to be judged.
import * as z from 'zod';

const rulesMax = 200;
const fieldsMax = 64;

const plain = z
  .string()
  .max(1024)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'holds characters that no rule has');
const rule = z
  .record(plain.max(64), z.union([plain, z.number(), z.boolean(), z.null()]))
  .refine((fields) => Object.keys(fields).length <= fieldsMax, `has more than ${fieldsMax} fields`)
  .transform((fields, context): SaidRule => {
    const { name, ...others } = fields;
    if (typeof name === 'string') return { name, fields: new Map(Object.entries(others)) };
    context.addIssue({ code: 'custom', message: 'has no name' });
    return z.NEVER;
  });

export const saidIpsec = z.object({ rules: z.array(rule).max(rulesMax) }).transform(({ rules }) => rules);

/** A rule as a device has it: fields and values may be others than Muster's. */
export interface SaidRule {
  readonly name: string;
  readonly fields: ReadonlyMap<string, SaidValue>;
}
export type SaidValue = string | number | boolean | null;

/** By this key all of a device's rules stand beside its settings: they are read and written as one. */
export const ipsecRulesKey = 'ipsec.rules';

/** A rule as it is written to a device, and as it is kept. */
export type SentRule = Readonly<Record<string, SaidValue>>;

export const sentRule = ({ name, fields }: SaidRule): SentRule => ({ name, ...Object.fromEntries(fields) });
