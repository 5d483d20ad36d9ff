// What is wrong with a document beyond its shape: references to others, certificates, settings that need each other. Pure.
import { checkFilter } from '#documents/filter';
import { faultsOfRules } from '#documents/ipsec';
import { checkListener } from '#documents/listener';
import { checkSchedule } from '#documents/schedule';
import { validatePolicy } from '#documents/policy';
import { settingsCatalogue } from '#device/catalogue';
import { faultsOfAuthorities } from '#pki/authorities';
import { issuingIn, trustSetFaults } from '#pki/trust-set';
import { asksForCertificates } from '#events/asks-for-certificates';
import type { Filter, Group } from '#events/group';
import type { Listener } from '#events/listener';
import type { Policy } from '#events/policy';
import type { Schedule } from '#events/schedule';
import type { Settings } from '#events/settings';
import type { TrustSet } from '#events/trust-set';
import type { Fault } from '../refusal.js';

/** Names of what a document may refer to. */
export interface World {
  readonly policies: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly trustSets: ReadonlySet<string>;
  /** Friendly names. */
  readonly identities: ReadonlySet<string>;
}

const fault = (path: string, message: string): Fault => ({ path: `body.${path}`, message });

export function settingsFaults(
  settings: Settings,
  { policies, trustSets, identities }: World,
): readonly Fault[] {
  const { trustSet, identity, initialPolicy, allowRemediation, trustedAuthorities, approvalRules } = settings;
  const faults: Fault[] = [];
  if (initialPolicy !== null && !policies.has(initialPolicy)) {
    faults.push(fault('initialPolicy', `there is no policy ${initialPolicy}`));
  }
  if (allowRemediation && initialPolicy === null) {
    faults.push(fault('initialPolicy', 'Allow Automatic Remediation needs an Initial Assessment Policy'));
  }
  if (trustSet !== null && !trustSets.has(trustSet)) {
    faults.push(fault('trustSet', `there is no trust set ${trustSet}`));
  }
  if (identity !== null && !identities.has(identity)) {
    faults.push(fault('identity', `there is no identity ${identity}`));
  }
  if (asksForCertificates(settings) && trustSet === null && trustedAuthorities.trim() === '') {
    const message =
      settings.authentication === 'mutual'
        ? 'mutual authentication needs the authorities of device certificates'
        : 'primaries with a verified certificate need the authorities that it must lead to';
    faults.push(fault('trustedAuthorities', message));
  }
  if (settings.probeUnknownClients && settings.authentication === 'mutual') {
    const message =
      'cannot go together with mutual authentication, in which nobody takes part without a certificate that verifies: switch one of them off';
    faults.push(fault('probeUnknownClients', message));
  }
  const rules = approvalRules.flatMap(({ filter }, index) =>
    filterFaults(filter, `body.approvalRules.${index}.filter`),
  );
  return [...faults, ...rules, ...authorityFaults(trustedAuthorities)];
}

const authorityFaults = (pem: string): readonly Fault[] =>
  pem.trim() === '' ? [] : faultsOfAuthorities(pem).map((message) => fault('trustedAuthorities', message));

/** Id of the group of all devices: made at the first start, neither deleted nor given to another kind. */
export const allDevices = 'all';

export function groupFaults(id: string, group: Group, { policies }: World): readonly Fault[] {
  const faults: Fault[] = [];
  if ((group.kind === 'all') !== (id === allDevices)) {
    faults.push(fault('kind', `the group ${allDevices}, and no other, is of kind all`));
  }
  if (group.kind === 'automatic' && group.filter === null) {
    faults.push(fault('filter', 'an automatic group needs a filter'));
  }
  if (group.policyId !== null && !policies.has(group.policyId)) {
    faults.push(fault('policyId', `there is no policy ${group.policyId}`));
  }
  return [...faults, ...(group.filter ? filterFaults(group.filter, 'body.filter') : [])];
}

/** `at`: where the filter is in what was sent. */
export const filterFaults = (filter: Filter, at: string): readonly Fault[] =>
  checkFilter(filter).map(({ path, message }) => ({ path: path ? `${at}.${path}` : at, message }));

export const listenerFaults = (listener: Listener): readonly Fault[] =>
  checkListener(listener).map(({ field, message }) => fault(field, message));

export function scheduleFaults(schedule: Schedule, { policies, groups }: World): readonly Fault[] {
  const { groupId, policyId } = schedule;
  const faults = checkSchedule(schedule).map(({ field, message }) => fault(field, message));
  if (!groups.has(groupId)) faults.push(fault('groupId', `there is no group ${groupId}`));
  if (policyId !== null && !policies.has(policyId))
    faults.push(fault('policyId', `there is no policy ${policyId}`));
  return faults;
}

export const policyFaults = (policy: Policy): readonly Fault[] => [
  ...validatePolicy(policy, settingsCatalogue).map(({ item, message }) => fault(`items.${item}`, message)),
  ...faultsOfRules(policy.ipsec?.rules ?? []).map(({ path, message }) => fault(`ipsec.${path}`, message)),
];

export function faultsOfTrustSet({ authorities, kind, revocation }: TrustSet): readonly Fault[] {
  const faults = trustSetFaults(authorities, kind, new Date()).map((message) =>
    fault('authorities', message),
  );
  const { policy, crlUrls, ocspUrl } = revocation;
  if (policy !== 'off' && crlUrls.length === 0 && ocspUrl === null) {
    const message = 'needs the address of a list of revoked certificates (CRL), or of an OCSP responder';
    faults.push(fault('revocation.policy', message));
  } else if (policy === 'hard' && new Set(crlUrls).size < listsNeeded(authorities, kind, ocspUrl)) {
    const message =
      'needs, with hard, the list (CRL) of whoever signed each issuing authority, and of that itself where no responder is asked';
    faults.push(fault('revocation.crlUrls', message));
  }
  return faults;
}

/** With fewer nobody would be known as good: authorities are looked up in lists only. Of a bundle, some may be of no use. */
function listsNeeded(authorities: string, kind: TrustSet['kind'], ocspUrl: string | null): number {
  const issuing = issuingIn(authorities);
  if (kind === 'bundle' || issuing === 0) return Math.min(issuing, 1);
  return issuing + (ocspUrl === null ? 1 : 0);
}
