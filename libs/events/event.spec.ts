import { describe, expect, it } from 'vitest';
import { catalogue, readEvent } from '#events/catalogue';
import { stamp } from '#events/event';

const by = {
  publisher: 'test',
  sequence: 1,
  occurredAt: '2026-11-21T08:00:00.000Z',
  causedBy: null,
  traceparent: null,
};

describe('an event', () => {
  it.each([...catalogue.values()])('$type: its example is stamped and read back the same', (definition) => {
    const event = stamp(definition.draft(definition.example), by);
    expect(readEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
  });

  it('of an unknown type, of a newer version, or without an envelope is refused with the reason', () => {
    const [definition] = catalogue.values();
    if (!definition) throw new Error('the catalogue is empty');
    const event = stamp(definition.draft(definition.example), by);
    expect(() => readEvent({ ...event, type: 'printer.exploded' })).toThrow(
      /no event of type printer.exploded/,
    );
    expect(() => readEvent({ ...event, version: 99 })).toThrow(/upgrade/);
    expect(() => readEvent('printer')).toThrow();
  });
});
