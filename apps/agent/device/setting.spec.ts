import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settingsCatalogue } from '#device/catalogue';
import { deviceSettings } from './setting.js';

type Listed = typeof settingsCatalogue extends ReadonlyMap<string, infer Setting> ? Setting : never;

function valuesOf(type: Listed['type']) {
  switch (type.type) {
    case 'boolean':
      return [true, false];
    case 'choice':
      return type.values;
    case 'number':
      return [type.min, type.max];
    case 'text':
      if (type.version) return ['', '2409059_049235'];
      return ['', 'muster.example', '10.0.0.1', 'fd00::1', 'a'.repeat(253)];
  }
}

test.each([...settingsCatalogue.values()].filter(({ key }) => key in deviceSettings))(
  'a device takes every value the catalogue allows for $key',
  (listed) => {
    const setting = deviceSettings[listed.key];
    const values = valuesOf(listed.type);
    const faults = values.map((value) => setting?.fault(value));
    expect(faults).toEqual(values.map(() => (listed.readOnly ? 'is read only' : null)));
  },
);

test('DEVICE-API.md lists every setting with its value from the box', () => {
  const page = readFileSync(new URL('../DEVICE-API.md', import.meta.url), 'utf8');
  const listed: Record<string, string> = {};
  for (const [, key = '', value = ''] of page.matchAll(/^\| `([a-z][\w.]+)`\s*\|.*\|\s*`?(\w+)`?\s*\|$/gm)) {
    listed[key] = value;
  }
  const valueOf = (key: string): string => {
    const own = deviceSettings[key];
    return own ? String(own.outOfBox) || 'empty' : 'absent';
  };
  const said = [...settingsCatalogue.values()].filter(({ credential }) => credential === null);
  const all = new Set([...said.map(({ key }) => key), ...Object.keys(deviceSettings)]);
  expect(listed).toEqual(Object.fromEntries([...all].map((key) => [key, valueOf(key)])));
});
