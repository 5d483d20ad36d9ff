// The contract between services holds: each event is really published, heard and described, and old ones are still read.
import { describe, expect, it } from 'vitest';
import { catalogue, readEvent } from '../libs/events/catalogue.js';
import { consumersOf, eventsReference, exampleFile } from './contract/reference.js';
import { settingsPage } from './contract/settings-page.js';
import { files, isSpec, read } from './tidy/sources.js';

const definitions = [...catalogue.values()];
const eventFiles = files.filter(
  (file) => file.startsWith('libs/events/') && file.endsWith('.ts') && !isSpec(file),
);
const nameOf = await exportedNames();

/** By type, the name under which a definition is exported. */
async function exportedNames(): Promise<ReadonlyMap<string, string>> {
  const modules = await Promise.all(
    eventFiles.map(async (file): Promise<object> => {
      const name = file.slice('libs/events/'.length, -'.ts'.length);
      return (await import(`../libs/events/${name}.ts`)) as object;
    }),
  );
  const exported = modules.flatMap((module) => Object.entries(module) as [string, unknown][]);
  return new Map(
    definitions.flatMap((definition) => {
      const found = exported.find(([, value]) => value === definition);
      return found ? [[definition.type, found[0]]] : [];
    }),
  );
}

const envelope = {
  id: '0193f2a0-0000-7000-8000-0000000000c1',
  publisher: 'someone',
  subject: 'something',
  sequence: 1,
  occurredAt: '2026-01-01T00:00:00.000Z',
  causedBy: null,
  traceparent: null,
};

describe.each(definitions)('$type', (definition) => {
  const { type, version, publisher, example, schema } = definition;

  it(`is drafted by ${publisher}`, () => {
    const name = nameOf.get(type) ?? 'it is not exported';
    const home = publisher === 'every' ? 'libs/' : `apps/${publisher}/`;
    const code = files.filter(
      (file) => file.startsWith(home) && file.endsWith('.ts') && !isSpec(file) && !eventFiles.includes(file),
    );
    const drafted = type.endsWith('.changed')
      ? new RegExp(`\\b${name}\\b`)
      : new RegExp(`\\b${name}\\s*\\.draft\\(`);
    expect(code.filter((file) => drafted.test(read(file) ?? ''))).not.toEqual([]);
  });

  it('is heard by a service', () => {
    expect(consumersOf(definition)).not.toEqual([]);
  });

  it('has an example that its schema takes', () => {
    expect(schema.parse(example)).toEqual(example);
  });

  it(`keeps the example of version ${version}`, () => {
    expect(files).toContain(`test/contract/examples/${exampleFile(definition)}`);
  });
});

describe('what was published once', () => {
  const kept = files.filter((file) => file.startsWith('test/contract/examples/'));

  it.each(kept)('%s is still read', (file) => {
    const [, type = '', version] = /^.*\/(.*)\.v(\d+)\.json$/.exec(file) ?? [];
    const data = JSON.parse(read(file) ?? '') as unknown;
    const told = { ...envelope, type, version: Number(version), data };
    expect(readEvent(told)).toMatchObject({ type, version: Number(version) });
  });

  it('is read from before the version was raised, too', () => {
    const versions = Map.groupBy(kept, (file) => file.replace(/\.v\d+\.json$/, ''));
    expect([...versions.values()].filter((files) => files.length > 1)).not.toEqual([]);
  });

  it.each(definitions)('$type of a version to come is refused, not misread', ({ type, version, example }) => {
    const told = { ...envelope, type, version: version + 1, data: example };
    expect(() => readEvent(told)).toThrow('upgrade it, then replay');
  });
});

it('EVENTS.md is current; if not: npm run events', () => {
  expect(read('libs/events/EVENTS.md')).toBe(eventsReference());
});

it('deploy/settings.md is current; if not: npm run settings', () => {
  expect(read('deploy/settings.md')).toBe(settingsPage());
});
