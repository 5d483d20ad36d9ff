// A printer's objects for snmpd: one for each setting that SNMP gets at, none of them as a policy wants it.
import type { SettingValue } from '../../libs/events/device-setting.js';
import type { Catalogue } from '../../libs/device/catalogue.js';
import type { Setting, SnmpObject } from '../../libs/device/catalogue/setting.js';
import type { SnmpdObject } from './snmpd.js';

export interface Unlike {
  readonly key: string;
  readonly value: SettingValue;
  readonly object: SnmpdObject;
}

/** Each with its value as it is read. */
export function unlikeRecommended(catalogue: Catalogue): readonly Unlike[] {
  const seen = new Set<string>();
  return [...catalogue.values()].flatMap((setting) => {
    const way = setting.by.snmp;
    if (!way || seen.has(way.oid)) return [];
    seen.add(way.oid);
    return [unlike(setting, way)];
  });
}

function unlike({ key, type, recommended }: Setting, { oid, syntax, writable }: SnmpObject): Unlike {
  const access = writable ? 'rw' : 'ro';
  switch (syntax.type) {
    case 'enum': {
      const [number, value] = [...syntax.values].find(([, named]) => named !== recommended) ?? [0, false];
      const numbers = [...syntax.values.keys()];
      const range = [Math.min(...numbers), Math.max(...numbers)] as const;
      return { key, value, object: { oid, type: 'integer', value: number, access, range } };
    }
    case 'number': {
      const range = type.type === 'number' ? ([type.min, type.max] as const) : ([0, 1] as const);
      const value = recommended === range[0] ? range[1] : range[0];
      return { key, value, object: { oid, type: 'integer', value, access, range } };
    }
    case 'text': {
      const isOne = (text: string): boolean =>
        type.type === 'text' && type.pattern.test(text) && text !== recommended;
      const value = ['other', 'example.com', '192.0.2.1', ''].find(isOne) ?? '';
      return { key, value, object: { oid, type: 'string', value, access } };
    }
    case 'present': {
      const value = recommended !== true;
      return { key, value, object: { oid, type: 'string', value: value ? 'SET' : 'NOT_SET', access: 'ro' } };
    }
  }
}
