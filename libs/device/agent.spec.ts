import { expect, test } from 'vitest';
import type { SettingValue } from '../events/device-setting.js';
import { agentIn } from './agent.js';

test.each<{ what: string; said: Readonly<Record<string, SettingValue>>; then: object }>([
  {
    what: 'one that announces itself to a proven server that it was told',
    said: { 'announce.enabled': true, 'announce.server': 'muster.example', 'announce.requireMutual': true },
    then: { enabled: true, server: 'muster.example', requireMutual: true },
  },
  {
    what: 'one that is switched off',
    said: { 'announce.enabled': false, 'announce.server': '', 'announce.requireMutual': false },
    then: { enabled: false, server: '', requireMutual: false },
  },
  {
    what: 'a device that has none',
    said: { 'svc.telnet': true },
    then: { enabled: null, server: null, requireMutual: null },
  },
  {
    what: 'values of another kind',
    said: { 'announce.enabled': 'yes', 'announce.server': 5, 'announce.requireMutual': 1 },
    then: { enabled: null, server: null, requireMutual: null },
  },
])('$what', ({ said, then }) => {
  expect(agentIn(new Map(Object.entries(said)))).toEqual(then);
});
