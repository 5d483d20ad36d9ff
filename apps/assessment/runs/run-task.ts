// The two kinds of tasks that a run of a schedule is made of.
import * as z from 'zod';

/** The parent: cuts the group into child tasks, and follows them to their end. */
export const runTask = { kind: 'run', budget: 'runs' } as const;

/** A child: some devices, all of which are spoken with at a time. Its budget is not that of instant-on (R64). */
export const chunkTask = { kind: 'chunk', budget: 'scheduled' } as const;

export const chunkPayload = z.object({ runId: z.uuid(), chunk: z.int().positive() });
export type ChunkPayload = z.infer<typeof chunkPayload>;

/** The other way round; null: it is of no child task. */
export function chunkOf(key: string): ChunkPayload | null {
  const [runId, chunk] = key.split(' ');
  return chunkPayload.safeParse({ runId, chunk: Number(chunk) }).data ?? null;
}

export const chunkKey = ({ runId, chunk }: ChunkPayload): string => `${runId} ${chunk}`;
