import { expect, it } from 'vitest';
import { goesTo } from './goes-to.js';

const own = { kind: 'snmpWrite', scope: 'device', unproved: false, device: { certificate: false } } as const;

it.each([
  ['Nobody: it has no certificate', own],
  ['Nobody: it has no certificate', { ...own, kind: 'admin', unproved: true }],
  ['Whoever is at its address', { ...own, unproved: true }],
  ['Whoever is at its address', { ...own, unproved: true, device: { certificate: null } }],
  ['The device, once proved', { ...own, device: { certificate: null } }],
  ['The device, once proved', { ...own, device: null }],
  ['Its own certificate', { ...own, unproved: true, device: { certificate: true } }],
  ['This device', { ...own, kind: 'snmpUser', unproved: null }],
  ['All of them', { kind: 'snmpUser', scope: 'group', unproved: null, device: null }],
  ['Those vouched for', { kind: 'admin', scope: 'global', unproved: false, device: null }],
  ['Unproved ones, too', { kind: 'admin', scope: 'global', unproved: true, device: null }],
  ['–', { kind: 'admin', scope: 'global', unproved: null, device: null }],
] as const)('%s: %j', (words, sent) => {
  expect(goesTo(sent).words).toBe(words);
  expect(goesTo(sent).isOpen).toBe(words === 'Unproved ones, too' || words === 'Whoever is at its address');
});
