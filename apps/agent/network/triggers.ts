// What makes an agent announce of itself (R5): the network came up or changed, the host name changed, or time went by.
import { readdirSync, readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import type { AnnounceReason } from '../agent.js';

/** The network as the agent sees it. */
export interface NetworkView {
  readonly hostname: string;
  /** Addresses others can reach, sorted. */
  readonly addresses: readonly string[];
  /** How often a link came up since the machine started, where the system counts that. */
  readonly linkUps: number;
}

/** The one trigger that tells the most of what changed; null when nothing did. */
export function triggerBetween(before: NetworkView, after: NetworkView): AnnounceReason | null {
  if (after.addresses.length === 0) return null;
  if (before.addresses.length === 0 || after.linkUps > before.linkUps) return 'linkUp';
  if (before.addresses.join() !== after.addresses.join()) return 'ipChanged';
  return before.hostname === after.hostname ? null : 'hostnameChanged';
}

export function viewNetwork(): NetworkView {
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter((each) => !each.internal && !/^(169\.254\.|fe80:)/i.test(each.address))
    .map((each) => each.address)
    .sort();
  return { hostname: hostname(), addresses, linkUps: countLinkUps() };
}

function countLinkUps(folder = '/sys/class/net'): number {
  try {
    return readdirSync(folder)
      .filter((name) => name !== 'lo')
      .reduce(
        (sum, name) => sum + (Number(readFileSync(`${folder}/${name}/carrier_up_count`, 'utf8')) || 0),
        0,
      );
  } catch {
    return 0;
  }
}

const hourMs = 60 * 60_000;

/** 47 to 48 hours. */
export const periodMs = (random: number): number => Math.round((47 + random) * hourMs);

export interface WatchOptions {
  readonly fire: (reason: AnnounceReason) => void;
  readonly lookEveryMs?: number;
  readonly look?: () => NetworkView;
  readonly period?: PeriodOptions;
}

/** Watches until the returned function is called. */
export function watchTriggers(options: WatchOptions): () => void {
  const look = options.look ?? viewNetwork;
  let last = look();
  const looking = setInterval(() => {
    const now = look();
    const reason = triggerBetween(last, now);
    last = now;
    if (reason) options.fire(reason);
  }, options.lookEveryMs ?? 2_000);
  const stopPeriods = everyPeriod(() => options.fire('periodic'), options.period);
  return () => {
    clearInterval(looking);
    stopPeriods();
  };
}

export interface PeriodOptions {
  readonly nextMs?: () => number;
  /** When the one that runs ends: kept, so that a restart does not begin another. */
  readonly due?: { read(): string | null; keep(at: string): void };
}

/** Fires every 47 to 48 hours whatever else happens, until the returned function is called. */
export function everyPeriod(fire: () => void, options: PeriodOptions = {}): () => void {
  const { nextMs = () => periodMs(Math.random()), due } = options;
  let timer: NodeJS.Timeout;
  const arm = (forMs: number): void => {
    // By both clocks: one stands still while the machine sleeps, the other may be set back.
    const [steady, wall] = [performance.now() + forMs, Date.now() + forMs];
    const step = (): void => {
      const leftMs = Math.min(steady - performance.now(), wall - Date.now());
      if (leftMs > 0) return void (timer = setTimeout(step, Math.min(leftMs, hourMs)));
      begin();
      fire();
    };
    step();
  };
  const begin = (): void => {
    const forMs = nextMs();
    due?.keep(new Date(Date.now() + forMs).toISOString());
    arm(forMs);
  };
  const left = leftOf(due?.read() ?? null);
  if (left === null) begin();
  else arm(left);
  return () => clearTimeout(timer);
}

/** Null: there is none, or it is over; the announcement of this start stands for one that was missed. */
function leftOf(dueAt: string | null): number | null {
  const leftMs = dueAt === null ? 0 : Date.parse(dueAt) - Date.now();
  return leftMs > 0 && leftMs <= periodMs(1) ? leftMs : null;
}
