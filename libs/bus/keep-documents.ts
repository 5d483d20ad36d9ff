// The consumer with which a service follows operator documents.
import type { DocumentDefinition } from '../events/document.js';
import { keep, type Change } from '../store/documents.js';
import type { Consumer } from './consumer.js';
import { consumer } from './consumer.js';

interface Following {
  /** Such as `assessment.documents`. */
  readonly name: string;
  /** Of the service whose schema keeps them. */
  readonly schema: string;
  readonly on: readonly Pick<DocumentDefinition<never>, 'type'>[];
}

/** Keeps the newest version of each document named in `on`; read them with readDocument of store/documents. */
export function keepDocuments({ name, schema, on }: Following): Consumer {
  const definitions = on as unknown as readonly DocumentDefinition<unknown>[];
  const nounOf = new Map(definitions.map((definition) => [definition.type, definition.noun]));
  return consumer({
    name,
    on: definitions,
    load: () => Promise.resolve(null),
    decide: ({ type, data: { id, version, body } }) => ({
      changes: [{ kind: nounOf.get(type) ?? type, id, version, body } satisfies Change],
      events: [],
    }),
    save: (tx, changes) => keep(tx, schema, changes),
  });
}
