import { expect, test } from 'vitest';
import { catalogue } from '#events/catalogue';
import { deviceAnnounced } from '#events/announcement';
import { deviceRetireRequested } from '#events/device';
import { edgeConfigured } from '#events/settings';
import { definitionsOf } from './rabbit/definitions.js';
import { streamOf, topologyOf } from './topology.js';

const topology = topologyOf(catalogue.values(), [
  { service: 'gateway', on: [] },
  { service: 'discovery', on: [deviceAnnounced, deviceRetireRequested] },
]);

test('a service has one queue for facts and one for control, bound to what it hears', () => {
  expect(topology.queues).toEqual([
    { queue: 'discovery.facts', types: ['device.announced'] },
    {
      queue: 'discovery.control',
      types: ['device.retireRequested', 'delivery.replayRequested', 'delivery.returned'],
    },
  ]);
});

test('the journal takes everything, the edge stream the configuration of gateways', () => {
  expect(topology.streams).toEqual([
    { queue: 'muster.journal', types: null },
    { queue: 'muster.edge', types: ['edge.configured'] },
  ]);
  expect(streamOf(edgeConfigured)).toBe('muster.edge');
  expect(streamOf(deviceAnnounced)).toBeUndefined();
});

test('an account publishes its own nouns and those of every service, and reads its own queues', () => {
  expect(topology.accounts).toEqual([
    {
      service: 'gateway',
      publishes: ['device.announced', 'announcement.refused', 'service.reported'],
      reads: ['muster.edge'],
    },
    {
      service: 'discovery',
      publishes: expect.arrayContaining(['device.discovered', 'delivery.died']) as unknown,
      reads: ['discovery.facts', 'discovery.control'],
    },
  ]);
  expect(topology.accounts[1]?.publishes).not.toContain('device.announced');
});

test('definitions hold no password and let nobody configure', () => {
  const definitions = definitionsOf(topology, { vhost: 'muster', passwordOf: () => 'correct horse' });
  expect(JSON.stringify(definitions)).not.toContain('correct horse');
  expect(definitions).toMatchObject({
    permissions: [
      { user: 'gateway', configure: '^$', write: '^(muster\\.events)$', read: '^(muster\\.edge)$' },
      {
        user: 'discovery',
        configure: '^$',
        write: '^(muster\\.events)$',
        read: '^(discovery\\.facts|discovery\\.control)$',
      },
    ],
  });
});

test('console alone reads the journal and the dead letters', () => {
  const { accounts } = topologyOf(catalogue.values(), [
    { service: 'console', on: [deviceAnnounced] },
    { service: 'discovery', on: [deviceAnnounced] },
  ]);
  const common = ['muster.journal', 'muster.dead'];
  expect(accounts[0]?.reads).toEqual(['console.facts', 'console.control', ...common]);
  expect(accounts[1]?.reads).toEqual(['discovery.facts', 'discovery.control']);
});
