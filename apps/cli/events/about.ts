// Whether an event is about a device: some name it by id, some by serial number, and a person knows one of them.
import * as z from 'zod';
import { ClientError, type Client } from '../client.js';
import { recordOf, textOf } from './fields.js';

interface Named {
  readonly subject: string;
  readonly data: unknown;
}

/** Every name that the event has for what it is about. */
function namesIn({ subject, data }: Named): readonly string[] {
  const { deviceId, serial, identity } = recordOf(data);
  const names = [subject, textOf(deviceId), textOf(serial), textOf(recordOf(identity)['serial'])];
  return names.filter((name) => name !== '');
}

/** A device has two names, an id and a serial number. */
const namesMax = 8;

/** By any of these names. An event that says two of a device teaches the other one: what follows may have that alone. */
export function aboutAny(known: readonly string[]): (event: Named) => boolean {
  const wanted = new Set(known);
  return (event) => {
    const names = namesIn(event);
    if (!names.some((name) => wanted.has(name))) return false;
    for (const name of names) if (wanted.size < namesMax) wanted.add(name);
    return true;
  };
}

const device = z.looseObject({ id: z.string(), serial: z.string() });
const devices = z.looseObject({ items: z.array(device) });

/** `name`, and the other name of the device that has it, where console knows one. Rejects with ClientError. */
export async function namesOf(client: Client, name: string): Promise<readonly string[]> {
  const query = new URLSearchParams({ search: name, limit: '500' });
  const asked = /^[0-9a-f-]{36}$/i.test(name)
    ? client.ask(`/api/devices/${name}`, device).then((one) => ({ items: [one] }))
    : client.ask(`/api/devices?${query.toString()}`, devices);
  const { items } = await asked.catch((error: unknown) => {
    if (error instanceof ClientError && error.code === 'refused') return { items: [] };
    throw error;
  });
  const meant = items.filter(({ id, serial }) => id === name || serial === name);
  return [name, ...meant.flatMap(({ id, serial }) => [id, serial])];
}
