// Defects that a product like this could have, as changes of the built files.
import type { Change } from './planted-build.js';

/** A batch is acked when it comes, not when its effect is committed. */
export const ackBeforeCommit: readonly Change[] = [
  {
    file: 'libs/bus/rabbit/queue.js',
    text: 'await this.#options.handle(batch).catch(',
    instead: 'session.channel.ack(messages.at(-1), true); await this.#options.handle(batch).catch(',
  },
  {
    file: 'libs/bus/rabbit/queue.js',
    text: 'await this.#ack(session, last);',
    instead: 'if (session.careful) await this.#speedUp(session);',
  },
];

/** The same in the queues of those who tell nothing of what they hear. */
export const ackBeforeHeard: readonly Change[] = [
  {
    file: 'libs/bus/rabbit/queue.js',
    text: 'await this.#options.handle(batch).catch(',
    instead: `const early = /^(?:console|forwarding)[.]/.test(this.#options.queue);
        if (early) session.channel.ack(messages.at(-1), true);
        await this.#options.handle(batch).catch(`,
  },
  {
    file: 'libs/bus/rabbit/queue.js',
    text: 'session.channel.ack(last, true);',
    instead: 'if (!/^(?:console|forwarding)[.]/.test(this.#options.queue)) session.channel.ack(last, true);',
  },
];

/** A message counts as published once it was written to the socket. */
export const acceptedBeforeConfirm: readonly Change[] = [
  {
    file: 'libs/bus/rabbit/publisher.js',
    text: '() => this.#write(channel, event, pending)',
    instead: '() => { this.#write(channel, event, pending); pending.settle(null); }',
  },
];

/** Nobody remembers which events were taken. */
export const noInbox: readonly Change[] = [
  {
    file: 'libs/store/inbox.js',
    text: 'return new Set(rows.map((row) => row.event_id));',
    instead: 'return new Set(ids);',
  },
];

/** Events are published from memory alone. */
export const outboxDropped: readonly Change[] = [
  { file: 'libs/bus/relay.js', text: 'await saveOutbox(tx, schema, events);', instead: '' },
];

/** What cannot be handled yet is forgotten. */
export const parkingDropped: readonly Change[] = [
  {
    file: 'libs/store/parking.js',
    text: 'export async function park(tx, schema, consumer, rows) {',
    instead: 'export async function park(tx, schema, consumer, rows) { return;',
  },
];
