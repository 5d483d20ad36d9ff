// Devices as the commands about one read them of console's answers.
import * as z from 'zod';
import type { Client } from '../client.js';
import { UsageError } from '../words.js';

const value = z.union([z.boolean(), z.number(), z.string()]);
export type Value = z.infer<typeof value> | null;

/** One that was made, or would be. */
const change = z.looseObject({
  setting: z.string(),
  title: z.string(),
  before: value.nullable(),
  after: value,
  driver: z.string().nullable(),
});

export const dryRun = z.looseObject({
  taskId: z.string(),
  outcome: z.string(),
  detail: z.string().nullable(),
  finishedAt: z.iso.datetime(),
  changes: z.array(change),
});
export type DryRun = z.infer<typeof dryRun>;

const changedTask = z.looseObject({
  taskId: z.string(),
  /** Of its last change. */
  at: z.iso.datetime(),
  undoes: z.array(z.string()),
  cause: z
    .looseObject({
      trigger: z.string(),
      requestedBy: z.array(z.string()),
      run: z.looseObject({ name: z.string() }).nullable(),
    })
    .nullable(),
  changes: z.array(
    change.extend({
      verified: z.boolean(),
      at: z.iso.datetime(),
      undoneBy: z.string().nullable(),
      /** It stays as it is: an undo leaves it out. */
      secret: z.boolean(),
    }),
  ),
});
export type ChangedTask = z.infer<typeof changedTask>;

const changed = z.looseObject({ items: z.array(changedTask), next: z.string().nullable() });

/** What Muster has changed on a device, the newest task first; page by page, as far as it is read. Rejects with ClientError. */
export async function* changedOn(
  client: Client,
  id: string,
  { signal, ...of }: { readonly task?: string; readonly signal?: AbortSignal } = {},
): AsyncGenerator<ChangedTask, undefined> {
  for (let after: string | null = ''; after !== null;) {
    const query: string = new URLSearchParams({ ...of, after }).toString();
    const page: z.infer<typeof changed> = await client.ask(
      `/api/devices/${id}/changes?${query}`,
      changed,
      signal ? { signal } : {},
    );
    yield* page.items;
    after = page.next;
  }
  return undefined;
}

export interface Secret {
  readonly setting: string;
  readonly title: string;
}

/** These fields alone. */
export const secretsOf = (secrets: readonly Secret[]): readonly Secret[] =>
  secrets.map(({ setting, title }) => ({ setting, title }));

/** Of at least one: each stays as it is. */
export const stayingOf = (secrets: readonly Secret[]): string =>
  `secrets are not put back: ${secrets.map(({ title }) => title).join(', ')}`;

const device = z.looseObject({ id: z.string(), serial: z.string() });
const devices = z.looseObject({ items: z.array(device) });

export interface Named {
  readonly id: string;
  readonly serial: string;
}

/** By id or serial number. Throws UsageError, rejects with ClientError. */
export async function deviceOf(client: Client, positionals: readonly string[]): Promise<Named> {
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0)
    throw new UsageError('say one device, by its serial number or its id. Try --help.');
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(name)) return client.ask(`/api/devices/${name}`, device);
  const query = new URLSearchParams({ search: name, limit: '500' });
  const { items } = await client.ask(`/api/devices?${query.toString()}`, devices);
  const meant = items.find(({ serial }) => serial === name);
  if (!meant) throw new UsageError(`there is no device with the serial number ${name}.`);
  return meant;
}

export const said = (one: Value): string => (one === null ? '-' : String(one));
