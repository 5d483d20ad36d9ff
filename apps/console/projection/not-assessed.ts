// Why a device was not assessed, for its page: what came in the way, and what to do.
import type { assessmentSkipped } from '#events/assessment';
import type { DeviceView } from './device-view.js';

type Reason = (typeof assessmentSkipped.example)['reason'];

const texts: Readonly<Record<Reason, string>> = {
  remediationOff: 'Allow Automatic Remediation is off: switch it on in the settings.',
  noPolicy: 'No Initial Assessment Policy is chosen: choose one in the settings.',
  policyUnknown:
    'The policy that it was to get was deleted, or its word has not come to assessment: see Deliveries, or choose another.',
  switchOff:
    'A policy of its groups would have applied then, but the switch for that cause was off: see the switches of groups in the settings, or assess it.',
  outsideNetworks:
    'Its address is outside the device networks: add its network to Device networks in the settings, then assess it.',
  notLicensed: 'It holds no licence: free a seat, or install a licence.',
  deviceDeleted: 'It was deleted.',
  unreadable: 'Its task was of another version of Muster: assess it again.',
  cancelled: 'An operator cancelled it: assess it again.',
  nothingToUndo: 'Nothing is left to be put back.',
};

export interface NotAssessed {
  readonly reason: Reason;
  readonly text: string;
  readonly at: string;
}

/** Null once a later assessment was queued, begun or finished. */
export const notAssessedOf = ({ skipped }: DeviceView): NotAssessed | null =>
  skipped ? { ...skipped, text: texts[skipped.reason] } : null;
