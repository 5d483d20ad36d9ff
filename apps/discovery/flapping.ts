// A device that announces more than 15 times within a minute of the clock is named, once in that minute (R18); who only claims
// to be it counts too. No announcement is swallowed: assessment spaces out what they lead to.
import { deviceFlapping } from '#events/device';
import type { Draft } from '#events/event';
import type { Device } from './known.js';

const announcementsPerMinuteMax = 15;

/** The device with one announcement more. */
export function countAnnouncement(
  device: Device,
  acceptedAt: Date,
): { readonly device: Device; readonly events: readonly Draft[] } {
  const minute = startOfMinute(acceptedAt);
  if (minute < device.minute) return { device, events: [] };
  const announced = minute > device.minute ? 1 : device.announced + 1;
  const counted = { ...device, minute, announced };
  if (announced !== announcementsPerMinuteMax + 1) return { device: counted, events: [] };
  const { serial } = device.identity;
  return {
    device: counted,
    events: [deviceFlapping.draft({ deviceId: device.id, serial, announcedPerMinute: announced })],
  };
}

export function startOfMinute(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 60_000) * 60_000);
}
