import { expect, it } from 'vitest';
import { canonical, sourceOf } from './source.js';

it.each([
  ['::ffff:10.1.2.3', '10.1.2.3', '10.1.2.3'],
  ['10.1.2.3', '10.1.2.3', '10.1.2.3'],
  ['fe80::1%eth0', 'fe80::1', 'fe80:0:0:0::/64'],
  ['2001:DB8:0:0::1', '2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:ffff:1:2:9', '2001:db8::ffff:1:2:9', '2001:db8:0:0::/64'],
  ['2001:db8:0:1::1', '2001:db8:0:1::1', '2001:db8:0:1::/64'],
  ['::1', '::1', '0:0:0:0::/64'],
])('the address %s is %s, of the source %s', (written, same, source) => {
  expect(canonical(written)).toBe(same);
  expect(sourceOf(canonical(written))).toBe(source);
});
