// What operators write. Console owns each document and publishes it whole; a service keeps the newest version it saw.
import * as z from 'zod';
import { defineEvent, type EventDefinition } from './event.js';
import { printable } from './identity.js';

/** Id of a document: what an operator can type. */
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens');

/** A document of one kind, or word that it was deleted (`body` null). */
export interface DocumentChanged<B> {
  readonly id: string;
  /** Grows by one with each change of this document. */
  readonly version: number;
  readonly changedBy: string;
  readonly body: B | null;
}

interface DocumentKind<B> {
  readonly noun: string;
  /** Of its event; raised with each field that the body gets. */
  readonly version?: number;
  readonly title: string;
  readonly body: z.ZodType<B>;
  readonly example: B;
  /** Set for a document of which there is just one; its id is then the noun. */
  readonly single?: boolean;
}

export interface DocumentDefinition<B> extends EventDefinition<DocumentChanged<B>> {
  readonly noun: string;
  readonly single: boolean;
  readonly body: z.ZodType<B>;
}

export function defineDocument<B>(of: DocumentKind<B>): DocumentDefinition<B> {
  const single = of.single ?? false;
  const definition = defineEvent<DocumentChanged<B>>({
    type: `${of.noun}.changed`,
    version: of.version ?? 1,
    publisher: 'console',
    title: of.title,
    schema: z.object({
      id: single ? z.literal(of.noun) : slug,
      version: z.int().positive(),
      changedBy: printable(128),
      body: of.body.nullable(),
    }),
    subject: (data) => `${of.noun}:${data.id}`,
    example: { id: single ? of.noun : 'example', version: 1, changedBy: 'admin', body: of.example },
  });
  return Object.assign(definition, { noun: of.noun, single, body: of.body });
}
