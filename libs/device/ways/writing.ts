// Settings of a device, each written by the driver that serves it, and told as one answer.
import type { DriverName, Outcome, Values, Written } from '../device.js';
import type { Way } from './way.js';
import type { Who } from './who.js';

interface Serving {
  readonly who: Who;
  readonly way: (name: DriverName | null) => Way | undefined;
}

/** What hinders one of several is told as refused. */
export async function writeApart(
  { who, way }: Serving,
  groups: ReadonlyMap<DriverName | null, Values>,
  signal: AbortSignal,
): Promise<Outcome<Written>> {
  const applied = new Set<string>();
  const refused = new Map<string, string>();
  for (const [name, group] of groups) {
    const by = way(name);
    const said = by
      ? await who.ask(by, (driver, limited) => driver.write(group, limited), signal)
      : ({ kind: 'unsupported', reason: 'no protocol that it speaks serves this setting' } as const);
    if (groups.size === 1) return said;
    if (said.kind !== 'answered') {
      for (const key of group.keys()) refused.set(key, said.reason);
      continue;
    }
    for (const key of said.value.applied) applied.add(key);
    const { sent = [], unsent = [] } = said.value.unanswered ?? {};
    for (const [key, reason] of [...said.value.refused, ...sent, ...unsent]) refused.set(key, reason);
  }
  return { kind: 'answered', value: { applied, refused } };
}
