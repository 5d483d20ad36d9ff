// The topology grants what is written by hand, neither more nor less. services.spec.ts tries on a broker and a database that
// nobody can do anything else.
import { expect, it } from 'vitest';
import { deadLetters } from '#bus/topology';
import { schemas, topology } from '../../apps/standalone/services.js';
import { rights, roles } from './rights.js';

const sorted = (names: readonly string[]): readonly string[] => names.toSorted();

it('has one account for each service, and no other', () => {
  expect(sorted(topology.accounts.map(({ service }) => service))).toEqual(sorted(Object.keys(rights)));
});

it.each(Object.entries(rights))(
  'lets %s read and write what it is for, and nothing else',
  (service, right) => {
    const account = topology.accounts.find((each) => each.service === service);
    expect(sorted(account?.reads ?? [])).toEqual(sorted(right.reads));
    expect(sorted(account?.publishes ?? [])).toEqual(sorted(right.writes));
  },
);

it('has one reader for each queue and stream, and a writer for each event', () => {
  const all = [...topology.queues, ...topology.streams].map(({ queue }) => queue);
  expect(sorted(Object.values(rights).flatMap(({ reads }) => reads))).toEqual(sorted([...all, deadLetters]));
  const written = new Set(Object.values(rights).flatMap(({ writes }) => writes));
  expect(sorted([...written])).toEqual(sorted(topology.types));
});

it('has a schema, and so a role in the database, for each service but the gateway', () => {
  expect(sorted(schemas)).toEqual(roles);
});
