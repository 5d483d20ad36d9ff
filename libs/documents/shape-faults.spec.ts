// What is wrong with the shape of what was sent, in words for whoever sent it.
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { policyBody } from '#events/policy';
import { pathOf, shapeFaults, tellFault } from './shape-faults.js';

const sent = z.object({
  name: z.string().min(1).max(3),
  day: z.int().min(1).max(31),
  id: z.uuid(),
  days: z.array(z.int()).max(1),
  kind: z.enum(['once', 'daily']),
  on: z.boolean(),
  slug: z.string().regex(/^a$/, 'must be a'),
});
const faultsOf = (schema: z.ZodType, value: unknown) =>
  shapeFaults(schema.safeParse(value, { error: tellFault }).error?.issues ?? []).map(
    ({ at, message }) => `${pathOf(at)}: ${message}`,
  );

describe('what is wrong with the shape of what was sent', () => {
  it('is told by what is allowed, not by how it is checked', () => {
    const wrong = { name: '', day: 32, id: 'nope', days: [1, 2], kind: 'never', on: 'yes', slug: 'b' };
    expect(faultsOf(sent, wrong)).toEqual([
      'name: must not be empty',
      'day: must be at most 31',
      'id: must be an id as lists show it (a UUID)',
      'days: must have at most 1 entries',
      'kind: must be "once" or "daily"',
      'on: must be true or false',
      'slug: must be a',
    ]);
    expect(faultsOf(sent, { ...wrong, name: 'long', day: 0.5 })).toEqual(
      expect.arrayContaining(['name: must have at most 3 characters', 'day: must be a whole number']),
    );
  });

  it('names the field of a rule of IPsec that is empty', () => {
    const rule = { name: '', local: 'all', remote: '', strength: 'strong', dh: 'ecp256' };
    const ipsec = { severity: 'high', remediate: true, unsupported: 'ignore', rules: [rule] };
    expect(faultsOf(policyBody, { name: 'One', description: '', items: [], ipsec })).toEqual([
      expect.stringMatching(/^ipsec\.rules\.0\.name: must be 1 to 48 letters/),
      expect.stringMatching(/^ipsec\.rules\.0\.remote: must be "all", or a comma list/),
    ]);
  });
});
