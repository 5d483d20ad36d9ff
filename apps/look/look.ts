// What `muster look` does: finds by each way that was asked for, and looks at each device once.
import type { Candidate } from '#device/find/found';
import { findByMdns } from '#device/find/mdns';
import { findBySlp } from '#device/find/slp';
import { sweep } from '#device/find/sweep';
import { settingsCatalogue } from '#device/catalogue';
import { openProbe } from '#device/probe/probe';
import type { Words } from './words.js';

/** Rejects when `signal` is aborted. */
export async function look(words: Words, signal: AbortSignal): Promise<void> {
  const seen = new Set<string>();
  for await (const { address, by, hint } of everybody(words, signal)) {
    say(address, by, hint);
    if (words.facts && !seen.has(address)) await tellFacts(address, words, signal);
    seen.add(address);
  }
}

async function* everybody(words: Words, signal: AbortSignal): AsyncGenerator<Candidate, void> {
  const { networks, hops } = words;
  if (words.mdns) yield* findByMdns({ networks, onTrouble: warn }, signal);
  if (words.slp) yield* findBySlp({ networks, hops, onTrouble: warn }, signal);
  if (words.ranges.length > 0) yield* inRanges(words, signal);
}

async function* inRanges(
  { ranges, networks, community }: Words,
  signal: AbortSignal,
): AsyncGenerator<Candidate, void> {
  let told = { asked: 0, total: 0, found: 0, outside: 0 };
  yield* sweep({ ranges, networks, community, onProgress: (progress) => (told = progress) }, signal);
  const { asked, total, found, outside } = told;
  warn(`${asked} of ${total} addresses asked, ${found} found, ${outside} outside the device networks`);
}

const keys = new Set(settingsCatalogue.keys());

async function tellFacts(address: string, words: Words, signal: AbortSignal): Promise<void> {
  const { networks, hostname, authorities } = words;
  const driver = openProbe({ address, hostname, networks }, { authorities });
  const outcome = await driver.read(keys, signal).finally(() => driver.close());
  if (outcome.kind !== 'answered') return say(address, outcome.kind, outcome.reason);
  for (const [key, value] of outcome.value.values) say(address, key, String(value));
  for (const [key, reason] of outcome.value.failed) say(address, key, `failed: ${reason}`);
}

const say = (...columns: readonly string[]): void => void process.stdout.write(`${columns.join('\t')}\n`);
const warn = (message: string): void => void process.stderr.write(`${message}\n`);
