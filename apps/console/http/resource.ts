// What every controller of the REST API has in common: its place, the guard, checked bodies, problems as answers.
import {
  applyDecorators,
  Controller,
  UseFilters,
  UseGuards,
  UsePipes,
  type ArgumentMetadata,
  type PipeTransform,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import * as z from 'zod';
import { pathOf, shapeFaults, tellFault } from '#documents/shape-faults';
import { Refusal, sentence } from '../refusal.js';
import { Access } from '../who/access.js';
import { Problems } from './problem.js';

/** Checks what comes in against the schema that its decorator names. */
class Shapes implements PipeTransform {
  transform(value: unknown, { schema, type, data }: ArgumentMetadata): unknown {
    if (!(schema instanceof z.ZodType) || type === 'custom') return value;
    const parsed = schema.safeParse(value, { error: tellFault });
    if (parsed.success) return parsed.data;
    const within = type === 'param' && data ? [data] : [];
    const faults = shapeFaults(parsed.error.issues, within).map(({ at, message }) => ({
      path: pathOf(at),
      message,
    }));
    throw new Refusal('invalid', sentence(faults), faults);
  }
}

/** A controller at /api/`path`. Each of its routes says with @Needs who may call it. */
export const Resource = (path: string) =>
  applyDecorators(
    Controller(`api/${path}`),
    ApiTags(path.split('/')[0] ?? path),
    UseGuards(Access),
    UsePipes(new Shapes()),
    UseFilters(Problems),
  );

/** Text to look for: no control characters, which PostgreSQL would refuse. */
const searched = z
  .string()
  .max(128)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must be text')
  .default('');

/** Query of a list. `after` is the `next` of the page before. */
export const pageQuery = z.object({
  search: searched,
  limit: z.coerce.number().int().min(1).max(500).default(100),
  after: searched,
});
export type PageQuery = z.infer<typeof pageQuery>;

export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  /** For `after`; null on the last page. */
  readonly next: string | null;
}

/** A page from `limit + 1` rows. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  {
    limit,
    total,
    item,
    next,
  }: {
    readonly limit: number;
    readonly total: number;
    readonly item: (row: Row) => T;
    readonly next: (row: Row) => string;
  },
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(item),
    total,
    next: rows.length > limit && last !== undefined ? next(last) : null,
  };
}

/** The whole of a short list. */
export const wholeList = <T>(items: readonly T[]): Page<T> => ({ items, total: items.length, next: null });

/** A LIKE pattern that finds `text` anywhere, whatever signs are in it. */
export const containing = (text: string): string => `%${text.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
