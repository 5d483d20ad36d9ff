// Announcements and what became of them. The announcement and its verdict come from two services, either first.
import { deviceQuarantined } from '#events/approval';
import { announcementFiltered, deviceAnnounced } from '#events/announcement';
import { deviceConflicted } from '#events/conflict';
import { deviceDiscovered, deviceReconciled } from '#events/device';
import type { Event } from '#events/event';
import type { Change } from './tables.js';

export interface AnnouncementBody {
  readonly at: string;
  readonly serial: string;
  readonly model: string;
  readonly mac: string;
  readonly ip: string;
  readonly hostname: string | null;
  readonly firmware: string | null;
  readonly reason: string;
  readonly peerAddress: string;
  readonly tlsVersion: string;
  readonly cipher: string;
  readonly group: string | null;
  readonly authentication: { readonly mode: string; readonly outcome: string };
  readonly forwarded: boolean;
}

const filterReasons = {
  serialNotListed: 'its serial number is not on the list',
  deviceDeleted: 'it was accepted before the device was deleted',
  claimDismissed: 'an operator has dismissed this claim to a known serial number',
  deviceRefused: 'an operator has refused this party',
  quarantineFull: 'as many devices as can be held wait for approval',
  claimBeside: 'another party waits for approval with its serial number; it is shown beside that one',
  claimsFull: 'as many parties as are kept wait for approval with its serial number',
} as const;

export function announcementChanges(event: Event): readonly Change[] {
  if (deviceAnnounced.is(event)) return [{ kind: 'announced', id: event.id, body: bodyOf(event.data) }];
  if (announcementFiltered.is(event)) {
    const detail = filterReasons[event.data.reason];
    return [{ kind: 'judged', id: event.data.announcement, outcome: 'filtered', detail, deviceId: null }];
  }
  if (deviceQuarantined.is(event)) {
    const { announcement: id } = event.data;
    return [{ kind: 'judged', id, outcome: 'held', detail: null, deviceId: null }];
  }
  if (deviceDiscovered.is(event)) return judged('discovered', event.data);
  if (deviceReconciled.is(event)) return judged('reconciled', event.data);
  if (deviceConflicted.is(event)) return judged('conflicted', event.data);
  return [];
}

function judged(
  outcome: 'discovered' | 'reconciled' | 'conflicted',
  { announcements, deviceId }: { readonly announcements: readonly string[]; readonly deviceId: string },
): readonly Change[] {
  return announcements.map((id) => ({ kind: 'judged', id, outcome, detail: null, deviceId }));
}

function bodyOf({
  identity,
  reason,
  acceptedAt,
  transport,
  authentication,
  origin,
}: Announced): AnnouncementBody {
  const { peerAddress, tlsVersion, cipher, group } = transport;
  return {
    at: acceptedAt,
    ...identity,
    reason,
    peerAddress,
    tlsVersion,
    cipher,
    group,
    authentication,
    forwarded: origin !== null,
  };
}

type Announced = typeof deviceAnnounced extends { readonly example: infer D } ? D : never;
