// What an operator sees of the processes: `GET /api/status`, and the same from a terminal.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operator } from './operator.js';
import { Process } from './process.js';
import { ownFolder } from './servers.js';

export interface Seen {
  readonly troubles: readonly string[];
  readonly services: readonly {
    readonly service: string;
    readonly instances: readonly { readonly instance: string; readonly state: string }[];
  }[];
  readonly queues: readonly { readonly queue: string; readonly depth: number | null }[];
}

export const seenBy = (operator: Operator): Promise<Seen> => operator.get<Seen>('/api/status');

export const statesOf = ({ services }: Seen, service: string): readonly string[] =>
  services.flatMap((each) => (each.service === service ? each.instances.map(({ state }) => state) : []));

/** `muster status` as a viewer. */
export async function statusCommand(operator: Operator): Promise<{ code: number; output: string }> {
  const file = join(await ownFolder('status'), 'token');
  const { token } = await operator.ask<{ token: string }>('POST', '/api/tokens', {
    name: 'status',
    role: 'viewer',
  });
  await writeFile(file, token);
  const words = ['status', '--url', operator.url, '--token-file', file];
  const command = new Process({ name: 'muster status', entry: 'apps/cli/main.js', words });
  return { code: await command.ended(), output: command.output };
}
