import { expect, test } from 'vitest';
import { settingsCatalogue } from './catalogue.js';

test.each([...settingsCatalogue.values()])(
  'a person finds words and units for the values of $key',
  ({ type, labels, recommended }) => {
    if (type.type === 'choice') {
      expect(Object.keys(labels)).toEqual(type.values);
      expect(type.values).toContain(recommended);
    }
    if (type.type === 'number') expect(type.unit).not.toBe('');
    for (const label of Object.values(labels)) expect(label).toMatch(/^[A-Z][A-Za-z0-9 ,]+$/);
  },
);
