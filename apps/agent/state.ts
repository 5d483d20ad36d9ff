// What an agent remembers over a restart: one JSON file, replaced whole so that a cut of power leaves the old or the new.
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { settingValue } from '#events/device-setting';
import { announceReason } from '#events/announcement';
import { ipsecRules } from '#events/ipsec';
import * as z from 'zod';

/** What the device shows (R1): success, a server was found and talked with; failed, none was found or none could be talked with. */
export const announcing = z.object({
  state: z.enum(['disabled', 'inProgress', 'success', 'failed']),
  trigger: announceReason.nullable(),
  /** One per trigger, kept over its retries. */
  announcementId: z.uuid().nullable(),
  /** The server last talked with: name and address, or address. */
  server: z.string().nullable(),
  /** Its answer, such as `accepted` or `refused: switchedOff`. */
  answer: z.string().nullable(),
  /** One sentence for whoever stands before the device. */
  detail: z.string(),
  at: z.iso.datetime(),
  /** When it is tried again of itself; null: at the next trigger. */
  nextAttemptAt: z.iso.datetime().nullable(),
});
export type Announcing = z.infer<typeof announcing>;

/** How it stands with the certificate that the device gets for itself (R85). */
const enrolled = z.object({
  state: z.enum(['done', 'failed']),
  /** One sentence for whoever stands before the device. */
  detail: z.string(),
  at: z.iso.datetime(),
});
export type Enrolled = z.infer<typeof enrolled>;

const state = z.object({
  version: z.literal(1),
  agentId: z.uuid(),
  announcing,
  /** False until the agent ran once: tells initial boot from power cycle. */
  booted: z.boolean(),
  /** A cold reset made while the agent was not running, to be announced when it runs. */
  coldReset: z.boolean(),
  /** When the period of 47 to 48 hours ends that runs (R5). */
  periodicAt: z.iso.datetime().nullable().default(null),
  /** Null: never tried. */
  enrolled: enrolled.nullable().default(null),
  device: z.object({
    written: z.record(z.string(), settingValue),
    passwordHash: z.string().nullable(),
    ipsec: ipsecRules.readonly().default([]),
  }),
});
export type State = z.infer<typeof state>;

const firstState = (): State => ({
  version: 1,
  agentId: randomUUID(),
  announcing: {
    state: 'inProgress',
    trigger: null,
    announcementId: null,
    server: null,
    answer: null,
    detail: 'Has not announced yet.',
    at: new Date().toISOString(),
    nextAttemptAt: null,
  },
  booted: false,
  coldReset: false,
  periodicAt: null,
  enrolled: null,
  device: { written: {}, passwordHash: null, ipsec: [] },
});

/** Thrown when the state file cannot be understood; the message names it. */
export class UnreadableState extends Error {
  override readonly name = 'UnreadableState';
}

export class StateFolder {
  readonly #file: string;
  readonly #durable: boolean;
  #state: State;
  #lastWrite: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly folder: string,
    found: { readonly state: State; readonly durable: boolean },
  ) {
    this.#file = stateFile(folder);
    this.#state = found.state;
    this.#durable = found.durable;
  }

  /** Opens or makes the folder. `durable` false spares the wait for the disk: safe against kill, not against power loss. */
  static async open(folder: string, durable = true): Promise<StateFolder> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new StateFolder(folder, { state: (await readState(folder)) ?? firstState(), durable });
  }

  get state(): State {
    return this.#state;
  }

  /** Puts `edit` in force once it is on disk; edits are done one after the other. */
  async change(edit: (state: State) => State): Promise<void> {
    const turn = this.#lastWrite.then(async () => {
      const next = edit(this.#state);
      await replaceFile(this.#file, `${JSON.stringify(next, null, 2)}\n`, this.#durable);
      this.#state = next;
    });
    this.#lastWrite = turn.catch(() => undefined);
    await turn;
  }
}

const stateFile = (folder: string): string => join(folder, 'state.json');

/** The state in a folder; null when no agent ever ran there. Throws UnreadableState. */
export async function readState(folder: string): Promise<State | null> {
  const file = stateFile(folder);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return state.parse(JSON.parse(text));
  } catch (error) {
    throw new UnreadableState(`${file} is damaged; move it away to start afresh: ${String(error)}`);
  }
}

/** Writes a file that only its owner may read, whole or not at all. */
export async function replaceFile(file: string, text: string, durable: boolean): Promise<void> {
  const handle = await open(`${file}.new`, 'w', 0o600);
  try {
    await handle.writeFile(text);
    if (durable) await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  if (durable) await syncFolder(join(file, '..'));
}

async function syncFolder(folder: string): Promise<void> {
  const handle: FileHandle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
