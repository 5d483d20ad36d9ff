// What the rules made of a device that was found where an operator had it looked for (R35): for that operator to read. Pure.
import type { Decision } from '#bus/consumer';
import { deviceQuarantined } from '#events/approval';
import { announcementFiltered, type AnnouncementFiltered } from '#events/announcement';
import { cut } from '#events/cut';
import { deviceDiscovered, deviceReconciled } from '#events/device';
import type { DiscoveryResult } from '#events/discovery';
import type { Draft } from '#events/event';
import type { Change } from '../known.js';

export interface Became extends Pick<DiscoveryResult, 'outcome' | 'deviceId' | 'reason'> {
  /** What is told on the bus; that an announcement was not let in is not, as there was none. */
  readonly events: readonly Draft[];
}

const reasons: Readonly<Record<AnnouncementFiltered['reason'], string>> = {
  serialNotListed: 'its serial number is not on the list of serial numbers',
  deviceDeleted: 'it was deleted meanwhile; ask again',
  claimDismissed: 'its serial number is that of a device elsewhere, and an operator has dismissed this claim',
  deviceRefused: 'an operator has refused it',
  quarantineFull: 'as many devices as can be held wait for approval',
  claimBeside: 'another party waits for approval with its serial number; it is shown beside that one',
  claimsFull: 'as many parties as are kept wait for approval with its serial number',
};

const elsewhere = 'its serial number is that of a device elsewhere, which is asked now: see there';
const other = 'it shows another certificate than the one that is pinned to the device: see there';

export function becameOf({ changes, events }: Decision<Change>): Became {
  const isOf = (type: string) => (draft: Draft) => draft.definition.type === type;
  const told = events.filter((draft) => !isOf(announcementFiltered.type)(draft));
  const out = events.find(isOf(announcementFiltered.type));
  const reason = out ? reasons[announcementFiltered.schema.parse(out.data).reason] : null;
  const became = (outcome: Became['outcome'], deviceId: string | null, why = reason): Became => ({
    outcome,
    deviceId,
    reason: why,
    events: told,
  });
  const device = changes.find((change) => change.kind === 'device')?.device ?? null;
  const claim = changes.find((change) => change.kind === 'claim')?.claim;
  if (claim)
    return became(
      'claimed',
      claim.deviceId,
      claim.data.identity.ip === device?.identity.ip ? other : elsewhere,
    );
  if (told.some(isOf(deviceDiscovered.type))) return became('found', device?.id ?? null);
  if (told.some(isOf(deviceReconciled.type))) return became('known', device?.id ?? null);
  if (told.some(isOf(deviceQuarantined.type))) return became('held', null);
  return became('refused', null, reason ?? reasons.claimDismissed);
}

/** Words that an event takes. */
export const plain = (text: string): string =>
  cut(text.replaceAll(/\p{Cc}|\p{Zl}|\p{Zp}/gu, ' '), 1000).trim();
