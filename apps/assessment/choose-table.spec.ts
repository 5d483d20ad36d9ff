// R51-R54 as one table: every combination of switches, trigger and membership, against what the requirements say in words.
import { describe, expect, it } from 'vitest';
import type { Membership, Trigger } from '#events/device';
import { defaultSettings, type Settings } from '#events/settings';
import { choosePolicies, type Choice } from './choose.js';

const triggers = [
  'announced',
  'discovered',
  'refresh',
  'filterEdited',
  'policyEdited',
  'seatFreed',
  'requested',
] as const satisfies readonly Trigger[];

const group = (of: Partial<Membership>): Membership => ({
  groupId: 'x',
  name: 'x',
  kind: 'automatic',
  priority: 10,
  policyId: null,
  added: true,
  ...of,
});
const lobby = group({ groupId: 'lobby', policyId: 'open' });
const vault = group({ groupId: 'vault', policyId: 'strict', priority: 20, added: false });

/** Groups of a device: the policies of its autogroups by priority, and those of them that it is new in. */
const memberships: readonly (readonly [
  name: string,
  of: readonly Membership[],
  all: string[],
  added: string[],
])[] = [
  ['no group', [], [], []],
  ['All Devices alone, with a policy', [group({ kind: 'all', policyId: 'strict' })], [], []],
  ['a manual group with a policy', [group({ kind: 'manual', policyId: 'strict' })], [], []],
  ['an autogroup without a policy', [group({})], [], []],
  ['an autogroup whose policy was deleted', [group({ policyId: 'gone' })], [], []],
  ['an autogroup it is new in', [lobby], ['open'], ['open']],
  ['an autogroup it was in before', [vault], ['strict'], []],
  ['both', [vault, lobby], ['open', 'strict'], ['open']],
  ['two it is new in', [lobby, { ...vault, added: true }], ['open', 'strict'], ['open', 'strict']],
  [
    'one of each kind, all of them new',
    [
      group({ kind: 'all', policyId: 'strict' }),
      group({ groupId: 'm', kind: 'manual', policyId: 'strict', added: true }),
      lobby,
    ],
    ['open'],
    ['open'],
  ],
  ['two with one policy, the older one later', [lobby, { ...vault, policyId: 'open' }], ['open'], ['open']],
];

const flags = [
  'allowRemediation',
  'skipInstantOnPolicy',
  'autoGroupDiscoveryAutoRemediationEnable',
  'autoGroupDailyRefreshAutoRemediationEnable',
  'autoGroupEditAutoRemediationEnable',
] as const satisfies (keyof Settings)[];
type Flags = Readonly<Record<(typeof flags)[number], boolean>>;
const everyFlags: readonly Flags[] = Array.from(
  { length: 2 ** flags.length },
  (_, bits) => Object.fromEntries(flags.map((flag, at) => [flag, ((bits >> at) & 1) === 1])) as Flags,
);

/** Each of the switches that a cause waits for, besides Allow Automatic Remediation. */
const switchOf: Readonly<Partial<Record<Trigger, keyof Flags>>> = {
  discovered: 'autoGroupDiscoveryAutoRemediationEnable',
  refresh: 'autoGroupDailyRefreshAutoRemediationEnable',
  filterEdited: 'autoGroupEditAutoRemediationEnable',
  policyEdited: 'autoGroupEditAutoRemediationEnable',
};

interface Row extends Flags {
  readonly trigger: Trigger;
  readonly initialPolicy: string | null;
  readonly policyMode: Settings['policyMode'];
  readonly all: readonly string[];
  readonly added: readonly string[];
}

/** What R51 to R54 and R60 say, one sentence a line, and what follows from them. */
function said(row: Row): Choice {
  const { trigger, all, added, initialPolicy, policyMode } = row;
  const own = switchOf[trigger];
  // R52, R53: of groups that it is new in; R54: of all its groups.
  const wanted = own === 'autoGroupEditAutoRemediationEnable' ? all : added;
  // R52-R54 bring no initial policy: where no group has one, no switch holds anything back, and there is nothing to be told.
  if (own !== undefined && wanted.length === 0) return { skipped: null };
  // R60: nothing is remediated while it is off; an operator may ask all the same.
  if (!row.allowRemediation && trigger !== 'requested') return { skipped: 'remediationOff' };
  // R52-R54: each cause has its own switch.
  if (own !== undefined) return row[own] ? { policies: wanted } : { skipped: 'switchOff' };
  // R51: only when an Initial Assessment Policy is chosen.
  if (initialPolicy === null) return { skipped: 'noPolicy' };
  // R51: with the switch, a device with at least one autogroup policy gets only those.
  if (row.skipInstantOnPolicy && all.length > 0) return { policies: all };
  // R62: always the initial one, or the last one used; then those of its groups, each once.
  const first = policyMode === 'last' ? 'last' : initialPolicy;
  return { policies: [first, ...all] };
}

describe.each(triggers)('%s', (trigger) => {
  it.each(memberships)('%s', (_, groups, all, added) => {
    let rows = 0;
    for (const flagged of everyFlags) {
      for (const initialPolicy of ['base', null]) {
        for (const policyMode of ['initial', 'last'] as const) {
          const row: Row = { ...flagged, trigger, initialPolicy, policyMode, all, added };
          const settings: Settings = { ...defaultSettings, ...flagged, initialPolicy, policyMode };
          const known = new Set(['base', 'open', 'strict', 'last']);
          const chosen = choosePolicies({ settings, trigger, groups, lastPolicy: 'last', known });
          expect({ row, chosen }).toEqual({ row, chosen: said(row) });
          rows += 1;
        }
      }
    }
    expect(rows).toBe(2 ** flags.length * 4);
  });
});
