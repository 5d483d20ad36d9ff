// A zod schema as rows for people: one for each field, nested ones by their path.
import * as z from 'zod';

export interface Field {
  readonly path: string;
  readonly type: string;
}

type Schema = z.core.JSONSchema._JSONSchema;
type ObjectSchema = Exclude<Schema, boolean>;

/** `named`: what is described elsewhere, by its schema: shown as a link and not opened. */
export function fieldsOf(schema: z.ZodType, named: ReadonlyMap<string, z.ZodType>): readonly Field[] {
  const links = new Map([...named].map(([name, each]) => [fingerprint(toJson(each)), `[${name}](#${name})`]));
  return rows('', toJson(schema), links).slice(1);
}

const toJson = (schema: z.ZodType): ObjectSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });

/** Without what the outermost level alone carries. */
const fingerprint = ({ $schema: _, ...schema }: ObjectSchema): string => JSON.stringify(schema);

function rows(path: string, schema: Schema, links: ReadonlyMap<string, string>): readonly Field[] {
  if (typeof schema === 'boolean') return [{ path, type: 'anything' }];
  const link = links.get(fingerprint(schema));
  if (link) return [{ path, type: link }];
  const { inner, nullable } = withoutNull(schema);
  const own = { path, type: typeOf(inner) + (nullable ? ' or null' : '') };
  const items = inner.type === 'array' && inner.items && !Array.isArray(inner.items) ? inner.items : null;
  if (items)
    return [
      own,
      ...rows(`${path}[]`, items, links).filter((row) => row.path !== `${path}[]` || row.type !== 'object'),
    ];
  const nested = Object.entries(inner.properties ?? {}).flatMap(([name, each]) =>
    rows(path === '' ? name : `${path}.${name}`, each, links),
  );
  return [own, ...nested];
}

function withoutNull(schema: ObjectSchema): { inner: ObjectSchema; nullable: boolean } {
  const choices = (schema.anyOf ?? []).filter((each) => typeof each !== 'boolean');
  const inner = choices.filter((each) => each.type !== 'null');
  const [only] = inner;
  if (only && inner.length === 1 && choices.length === 2) return { inner: only, nullable: true };
  return { inner: schema, nullable: false };
}

const formats: Readonly<Record<string, string>> = { uuid: 'UUID', 'date-time': 'time, ISO 8601' };

function typeOf(schema: ObjectSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(', ');
  if (schema.$ref) return 'object, nested in itself';
  if (schema.anyOf)
    return schema.anyOf.map((each) => (typeof each === 'boolean' ? 'anything' : typeOf(each))).join(' or ');
  switch (schema.type) {
    case 'string':
      return (
        formats[schema.format ?? ''] ?? `text${range(schema.minLength, schema.maxLength)}${shape(schema)}`
      );
    case 'integer':
      return `whole number${range(schema.minimum ?? above(schema.exclusiveMinimum), schema.maximum)}`;
    case 'array':
      return `list${schema.maxItems === undefined ? '' : `, at most ${schema.maxItems}`}`;
    default:
      return String(schema.type ?? 'anything');
  }
}

const shape = ({ pattern }: ObjectSchema): string => (pattern === undefined ? '' : `, \`${pattern}\``);

/** The least whole number above an exclusive bound. */
const above = (bound: ObjectSchema['exclusiveMinimum']): number | undefined =>
  typeof bound === 'number' ? bound + 1 : undefined;

/** zod bounds every integer by what a double can hold: no news. */
function range(min?: number, max?: number): string {
  const low = min !== undefined && min > Number.MIN_SAFE_INTEGER ? min : undefined;
  const high = max !== undefined && max < Number.MAX_SAFE_INTEGER ? max : undefined;
  if (low === undefined && high === undefined) return '';
  if (low === undefined || low === 0) return high === undefined ? ', 0 or more' : `, at most ${high}`;
  return high === undefined ? `, ${low} or more` : `, ${low} to ${high}`;
}
