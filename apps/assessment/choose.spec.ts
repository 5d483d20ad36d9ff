import { describe, expect, it } from 'vitest';
import type { Membership } from '#events/device';
import { defaultSettings, type Settings } from '#events/settings';
import { exampleIdentity } from '#events/identity';
import { choiceFor, choosePolicies, type Situation } from './choose.js';

const automatic = (groupId: string, policyId: string | null, priority = 10, added = true): Membership => ({
  groupId,
  name: groupId,
  kind: 'automatic',
  priority,
  policyId,
  added,
});
const manual: Membership = { ...automatic('manual', 'strict'), kind: 'manual' };
const all: Membership = { ...automatic('all', 'strict', 1000), kind: 'all' };
const lobby = automatic('lobby', 'open', 10);
const vault = automatic('vault', 'strict', 20);
const bare = automatic('bare', null, 5);

const on: Settings = { ...defaultSettings, allowRemediation: true, initialPolicy: 'base' };
const choose = (of: Partial<Situation>, settings: Partial<Settings> = {}) =>
  choosePolicies({
    settings: { ...on, ...settings },
    trigger: 'announced',
    groups: [all],
    lastPolicy: null,
    known: new Set(['base', 'open', 'strict', 'last']),
    ...of,
  });

describe('instant-on (R51)', () => {
  it.each<[string, Partial<Settings>, readonly Membership[], string | readonly string[]]>([
    ['remediation off', { allowRemediation: false }, [lobby], 'remediationOff'],
    ['no initial policy', { initialPolicy: null }, [all], 'noPolicy'],
    ['no initial policy, though a group has one', { initialPolicy: null }, [lobby], 'noPolicy'],
    ['the same with skip', { initialPolicy: null, skipInstantOnPolicy: true }, [lobby], 'noPolicy'],
    ['no group', {}, [], ['base']],
    ['only All Devices', {}, [all], ['base']],
    ['a manual group with a policy', {}, [manual, all], ['base']],
    ['an autogroup without a policy', {}, [bare, all], ['base']],
    ['an autogroup with a policy', {}, [lobby, all], ['base', 'open']],
    ['two autogroups, by priority', {}, [vault, lobby], ['base', 'open', 'strict']],
    [
      'two of one priority, by id',
      {},
      [automatic('b', 'strict'), automatic('a', 'open')],
      ['base', 'open', 'strict'],
    ],
    ['two with one policy', {}, [lobby, automatic('foyer', 'open', 30)], ['base', 'open']],
    ['a group with the initial policy', {}, [automatic('x', 'base', 5), lobby], ['base', 'open']],
    ['a group with the initial policy last', {}, [lobby, automatic('x', 'base', 99)], ['open', 'base']],
    ['a group whose policy was deleted', {}, [automatic('x', 'gone')], ['base']],
    ['skip: no group', { skipInstantOnPolicy: true }, [], ['base']],
    ['skip: only All Devices', { skipInstantOnPolicy: true }, [all], ['base']],
    ['skip: a manual group', { skipInstantOnPolicy: true }, [manual], ['base']],
    ['skip: an autogroup without a policy', { skipInstantOnPolicy: true }, [bare], ['base']],
    [
      'skip: an autogroup whose policy was deleted',
      { skipInstantOnPolicy: true },
      [automatic('x', 'gone')],
      ['base'],
    ],
    ['skip: an autogroup with a policy', { skipInstantOnPolicy: true }, [lobby, bare, all], ['open']],
    ['skip: two autogroups', { skipInstantOnPolicy: true }, [vault, lobby], ['open', 'strict']],
  ])('%s', (_, settings, groups, expected) => {
    expect(choose({ groups }, settings)).toEqual(
      typeof expected === 'string' ? { skipped: expected } : { policies: expected },
    );
  });

  it.each<[string, Partial<Settings>, string | null, readonly string[]]>([
    ['always initial, though another was used last', {}, 'last', ['base', 'open']],
    ['last used', { policyMode: 'last' }, 'last', ['last', 'open']],
    ['last used, and none was', { policyMode: 'last' }, null, ['base', 'open']],
    ['last used, and it was deleted', { policyMode: 'last' }, 'gone', ['base', 'open']],
    ["last used was the group's", { policyMode: 'last' }, 'open', ['open']],
    [
      'last used with skip and a group policy',
      { policyMode: 'last', skipInstantOnPolicy: true },
      'last',
      ['open'],
    ],
  ])('policy mode (R62): %s', (_, settings, lastPolicy, expected) => {
    expect(choose({ groups: [lobby], lastPolicy }, settings)).toEqual({ policies: expected });
  });

  it('membership counts whether the device is new in the group or not', () => {
    expect(choose({ groups: [{ ...lobby, added: false }] })).toEqual({ policies: ['base', 'open'] });
  });

  it('a freed seat ends the wait of an announcement', () => {
    expect(choose({ trigger: 'seatFreed', groups: [lobby] })).toEqual({ policies: ['base', 'open'] });
  });

  it('an operator may ask while nothing is remediated', () => {
    expect(choose({ trigger: 'requested' }, { allowRemediation: false })).toEqual({ policies: ['base'] });
  });

  it('an initial policy that has not come yet is waited for, unless it is not needed', () => {
    const known = new Set(['open']);
    expect(choose({ known })).toEqual({ missing: 'base' });
    expect(choose({ known, groups: [lobby] }, { skipInstantOnPolicy: true })).toEqual({ policies: ['open'] });
  });
});

describe('other causes (R52-R54)', () => {
  const old = { ...vault, added: false };
  it.each<[Situation['trigger'], keyof Settings, readonly string[]]>([
    ['discovered', 'autoGroupDiscoveryAutoRemediationEnable', ['open']],
    ['refresh', 'autoGroupDailyRefreshAutoRemediationEnable', ['open']],
    ['filterEdited', 'autoGroupEditAutoRemediationEnable', ['open', 'strict']],
    ['policyEdited', 'autoGroupEditAutoRemediationEnable', ['open', 'strict']],
  ])('%s: only with %s on', (trigger, name, expected) => {
    const groups = [old, lobby, manual, all];
    expect(choose({ trigger, groups })).toEqual({ skipped: 'switchOff' });
    expect(choose({ trigger, groups }, { [name]: true })).toEqual({ policies: expected });
    expect(choose({ trigger, groups }, { [name]: true, allowRemediation: false })).toEqual({
      skipped: 'remediationOff',
    });
  });

  it.each<[Situation['trigger'], readonly Membership[]]>([
    ['discovered', [old, manual, bare, all]],
    ['refresh', [old, manual, bare, all]],
    ['filterEdited', [manual, bare, all]],
    ['policyEdited', [manual, bare, all]],
  ])('%s: where no policy of a group is due, nothing is held back and nothing is told', (trigger, groups) => {
    for (const settings of [{}, { allowRemediation: false }, { initialPolicy: null }])
      expect(choose({ trigger, groups }, settings)).toEqual({ skipped: null });
  });
});

it('a policy that is asked for and not there is told as such', () => {
  expect(choose({ trigger: 'requested', policyId: 'gone' })).toEqual({ skipped: 'policyUnknown' });
});

it('of a device outside the device networks a search that has nothing for it says nothing, either', () => {
  const device = { standing: 'active', identity: exampleIdentity, groups: [all], lastPolicy: null } as const;
  const around = { settings: { ...on, deviceNetworks: [] }, known: new Set<string>(), ownAddresses: [] };
  expect(choiceFor(device, around, { trigger: 'discovered' })).toEqual({ skipped: null });
  const known = new Set(['base']);
  expect(choiceFor(device, { ...around, known }, { trigger: 'announced' })).toEqual({
    skipped: 'outsideNetworks',
  });
});
