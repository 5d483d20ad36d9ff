// EVENTS.md and the kept examples, made from the catalogue and from what the services hear.
import { topology } from '../../apps/standalone/services.js';
import { streamOf } from '../../libs/bus/topology.js';
import { catalogue } from '../../libs/events/catalogue.js';
import type { EventDefinition } from '../../libs/events/event.js';
import { identity } from '../../libs/events/identity.js';
import { fieldsOf, type Field } from './field-table.js';

const named = new Map([['identity', identity]]);

/** Services whose queues or stream hold the event. */
export function consumersOf(definition: EventDefinition): readonly string[] {
  const queues = topology.queues
    .filter(({ types }) => types.includes(definition.type))
    .map(({ queue }) => queue);
  const wanted = [...queues, streamOf(definition)];
  return topology.accounts
    .filter(({ reads }) => reads.some((queue) => wanted.includes(queue)))
    .map(({ service }) => service)
    .toSorted();
}

/** Name of the file that keeps the example of a version for ever. */
export const exampleFile = ({ type, version }: EventDefinition): string => `${type}.v${version}.json`;

/** The text of libs/events/EVENTS.md. */
export function eventsReference(): string {
  const definitions = [...catalogue.values()];
  return `# Events
Written by \`npm run events\` from the catalogue in this folder; a test fails while it is out of date.

An event is one JSON object, published with its type as routing key to the topic exchange \`muster.events\`; the stream
\`muster.journal\` keeps all of them. Around \`data\`, which differs by type, every event has \`id\`, \`type\`, \`version\`,
\`publisher\`, \`subject\`, \`sequence\` (grows per publisher and subject), \`occurredAt\`, \`causedBy\`, \`traceparent\`.
Versions grow when a field is added; a reader takes every older version and refuses a newer one.

${definitions.map((each) => `- [${each.type}](#${anchor(each.type)}): ${each.title}`).join('\n')}

## identity

${table(fieldsOf(identity, new Map()))}
${definitions.map(section).join('')}`;
}

const anchor = (type: string): string => type.toLowerCase().replaceAll('.', '');

function section(definition: EventDefinition): string {
  const { type, version, publisher, plane, title, schema, example } = definition;
  return `
## ${type}
${title}

Version ${version}, on the ${plane} queues, published by ${publisher === 'every' ? 'every service' : publisher}, heard by ${consumersOf(definition).join(', ')}.

${table(fieldsOf(schema, named))}
\`\`\`json
${JSON.stringify(example, null, 2)}
\`\`\`
`;
}

function table(fields: readonly Field[]): string {
  const rows = fields.map(({ path, type }) => `| ${path} | ${type.replaceAll('|', '\\|')} |\n`);
  return `| Field | Type |\n|---|---|\n${rows.join('')}`;
}
