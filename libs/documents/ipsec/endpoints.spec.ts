import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf, type Span } from '#addresses/span';
import { canonical, networksOf, readEndpoints } from '#documents/ipsec/endpoints';

const spansIn = (text: string): readonly Span[] => {
  const read = readEndpoints(text);
  if ('fault' in read) throw new Error(read.fault);
  return read.spans;
};

describe('endpoints', () => {
  it.each([
    ['all', 'ALL'],
    ['10.0.0.1', '10.0.0.1-10.0.0.1'],
    ['10.0.0.0/24', '10.0.0.0 - 10.0.0.255'],
    ['10.0.0.1,10.0.0.2', '10.0.0.2 , 10.0.0.1'],
    ['fd00::1', 'FD00:0:0::1'],
    ['DNS, LocalSubnet', 'localsubnet,dns'],
    ['0.0.0.0/0', '0.0.0.0-255.255.255.255'],
  ])('%s is the same as %s', (one, other) => {
    expect(canonical(other)).toBe(canonical(one));
  });

  it('as networks cover each address of a span, and no other', () => {
    const address = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n });
    fc.assert(
      fc.property(address, address, (a, b) => {
        const span: Span = { family: 4, first: a < b ? a : b, last: a < b ? b : a };
        const networks = networksOf(span);
        expect(networks.length).toBeLessThanOrEqual(62);
        const apart = networks.flatMap((network) => spansIn(network));
        const size = apart.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
        expect(size).toBe(span.last - span.first + 1n);
        expect(canonical(networks.slice(0, 62).join(','))).toBe(
          span.first === span.last
            ? textOf(span.first, 4)
            : `${textOf(span.first, 4)}-${textOf(span.last, 4)}`,
        );
      }),
    );
  });

  it('of IPv6 too', () => {
    expect(spansIn('fd00::-fd00::2').flatMap(networksOf)).toEqual(['fd00::/127', 'fd00::2/128']);
    expect(spansIn('::/0').flatMap(networksOf)).toEqual(['::/0']);
  });
});
