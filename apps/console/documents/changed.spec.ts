import { expect, it } from 'vitest';
import { changedBetween } from './changed.js';

it('names what changed, from and to', () => {
  const before = { name: 'P', items: [{ setting: 'svc.telnet', required: true }], networks: ['10.0.0.0/8'] };
  const after = { name: 'P', items: [{ setting: 'svc.ftp', required: 1 }], networks: ['fd00::/8'], on: true };
  expect(changedBetween(before, after)).toEqual({
    changed: [
      { path: 'items.svc.telnet', from: '{"setting":"svc.telnet","required":true}', to: null },
      { path: 'items.svc.ftp', from: null, to: '{"setting":"svc.ftp","required":1}' },
      { path: 'networks', from: '10.0.0.0/8', to: null },
      { path: 'networks', from: null, to: 'fd00::/8' },
      { path: 'on', from: null, to: true },
    ],
    more: 0,
  });
  const item = { ...before, items: [{ setting: 'svc.telnet', required: false }] };
  expect(changedBetween(before, item).changed).toEqual([
    { path: 'items.svc.telnet.required', from: true, to: false },
  ]);
  expect(changedBetween(before, structuredClone(before)).changed).toEqual([]);
});

it('is bounded, and shows no secret', () => {
  const members = Array.from({ length: 60 }, (_, index) => `device-${index}`);
  const { changed, more } = changedBetween({ members: [] }, { members });
  expect([changed.length, more]).toEqual([50, 10]);
  const long = changedBetween({ pem: '' }, { pem: 'x'.repeat(5000) }).changed[0]?.to;
  expect(String(long)).toMatch(/^x{200}… \(5000 characters\)$/);
  expect(changedBetween({ password: 'old one' }, { password: 'new one' }).changed).toEqual([
    { path: 'password', from: '(not shown)', to: '(not shown)' },
  ]);
});
