// Groups of devices (R50, R55).
import * as z from 'zod';
import { defineDocument, slug } from './document.js';
import { printable } from './identity.js';

/** Identity attributes that a filter can ask about. */
export const filterField = z.enum(['serial', 'model', 'mac', 'ip', 'hostname', 'firmware']);

const comparison = z.strictObject({
  field: filterField,
  /**
   * equals, contains, startsWith: text, upper and lower case alike · matches: `*` any text, `?` one character ·
   * inNetwork: ip in a CIDR · versionBelow, versionAtLeast: firmware compared number by number.
   */
  operator: z.enum([
    'equals',
    'contains',
    'startsWith',
    'matches',
    'inNetwork',
    'versionBelow',
    'versionAtLeast',
  ]),
  value: printable(256),
});

export type Filter =
  | z.infer<typeof comparison>
  | { readonly all: readonly Filter[] }
  | { readonly any: readonly Filter[] }
  | { readonly not: Filter };

/** A filter on identity attributes; depth is limited by libs/documents when it is validated. */
export const filter: z.ZodType<Filter> = z
  .lazy(() =>
    z.union([
      comparison,
      z.strictObject({ all: z.array(filter).min(1).max(50) }),
      z.strictObject({ any: z.array(filter).min(1).max(50) }),
      z.strictObject({ not: filter }),
    ]),
  )
  .meta({ id: 'Filter' });

export const groupBody = z.strictObject({
  name: printable(128),
  kind: z.enum(['manual', 'automatic', 'all']),
  /** Lowest number first; on a tie the id decides. */
  priority: z.int().min(0).max(100_000).default(1000),
  /** For kind automatic. */
  filter: filter.nullable().default(null),
  /** For kind manual: device ids. */
  members: z.array(z.uuid()).max(100_000).default([]),
  policyId: slug.nullable().default(null),
});
export type Group = z.infer<typeof groupBody>;

export const groupChanged = defineDocument({
  noun: 'group',
  title: 'A group was written, changed or deleted.',
  body: groupBody,
  example: {
    name: 'Lobby',
    kind: 'automatic',
    priority: 10,
    filter: { field: 'hostname', operator: 'startsWith', value: 'lobby-' },
    members: [],
    policyId: 'base',
  },
});
