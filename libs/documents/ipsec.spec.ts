import { describe, expect, it } from 'vitest';
import { checkIpsec } from '#documents/ipsec';
import { usualIpsec } from '#documents/ipsec/words';
import { exampleIpsecRule } from '#events/ipsec';

const base = { name: 'office', local: 'all', remote: '10.1.0.0/16', strength: 'strong', dh: 'ecp256' };
const withKey = { ...base, preSharedKey: 'office' };
const faultsOf = (...rules: readonly unknown[]) => {
  const checked = checkIpsec({ rules });
  return 'faults' in checked ? checked.faults : [];
};

describe('rules of IPsec', () => {
  it('are taken, with what was left out filled in', () => {
    expect(checkIpsec({ rules: [exampleIpsecRule] })).toEqual({ rules: [exampleIpsecRule] });
    expect(checkIpsec({ rules: [withKey] })).toMatchObject({
      rules: [{ protocol: 'esp', mode: 'transport', exchange: 'main', ikeMinutes: 480, ipsecMinutes: 60 }],
    });
    expect(checkIpsec({ rules: [] })).toEqual({ rules: [] });
  });

  it('say in words what is not so of itself', () => {
    expect(checkIpsec({ rules: [withKey] })).toEqual({ rules: [{ ...usualIpsec, ...withKey }] });
  });

  it.each<[string, object, string, RegExp]>([
    ['DES as strength', { strength: 'des-sha256' }, 'strength', /DES is refused/],
    ['3DES', { strength: '3DES' }, 'strength', /3DES is refused/],
    ['MD5', { strength: 'aes128-md5' }, 'strength', /MD5 is refused/],
    ['group 2', { dh: 'dh2' }, 'dh', /group dh2 is refused/],
    ['group 2 as a number', { dh: 2 }, 'dh', /group 2 is refused/],
    ['group 2 by its size', { dh: 'modp1024' }, 'dh', /is refused/],
    ['group 5 in phase 2', { dhPhase2: 'group 5' }, 'dhPhase2', /is refused/],
    ['a group that nobody knows', { dh: 'x25519' }, 'dh', /"dh14" or "dh24" or "ecp256" or "ecp384"/],
    ['a group weaker than the strength', { dh: 'dh14' }, 'dh', /weaker than strong.*choose ecp256/],
    ['group 24', { strength: 'baseline', dh: 'dh24' }, 'dh', /RFC 8247.*"legacy": true/],
    ['group 24 in phase 2', { strength: 'baseline', dhPhase2: 'dh24' }, 'dhPhase2', /RFC 8247/],
    ['AH', { protocol: 'ah' }, 'protocol', /only "esp"/],
    ['tunnels', { mode: 'tunnel' }, 'mode', /only "transport"/],
    ['aggressive mode', { exchange: 'aggressive' }, 'exchange', /only "main"/],
    ['an algorithm by name', { encryption: '3des' }, 'encryption', /"strength" says the weakest/],
    ['a field that nobody knows', { colour: 1 }, 'colour', /take it away/],
    ['the key itself', { preSharedKey: 'Geheim 123!' }, 'preSharedKey', /the key itself is never written/],
    ['nobody to prove anything', { preSharedKey: null }, 'certificate', /neither a certificate nor/],
    ['another signature', { certificate: 'dsa' }, 'certificate', /"ecdsa256" or "ecdsa384" or "rsa"/],
    ['a lifetime of 0', { ikeMinutes: 0 }, 'ikeMinutes', /at least 10/],
    ['half a minute', { ipsecMinutes: 5.5 }, 'ipsecMinutes', /whole number/],
    ['data keys that live longer', { ikeMinutes: 60, ipsecMinutes: 90 }, 'ipsecMinutes', /longer than/],
    ['a name that would end a line', { name: 'a\n}' }, 'name', /letters, digits/],
    ['no remote end', { remote: '' }, 'remote', /"all", or a comma list/],
    ['a name of a host', { remote: 'printer.example' }, 'remote', /neither an address/],
    ['a network that begins elsewhere', { remote: '10.1.0.9/16' }, 'remote', /write 10\.1\.0\.0\/16/],
    ['a range turned round', { remote: '10.1.0.9-10.1.0.1' }, 'remote', /turn it round/],
    ['a range over both kinds', { remote: '10.1.0.9-fd00::1' }, 'remote', /begins in IPv4/],
    ['three ends of a range', { remote: '10.1.0.1-10.1.0.2-10.1.0.9' }, 'remote', /is no range/],
    ['a slash and no number', { remote: '10.1.0.0/' }, 'remote', /from 0 to 32/],
    ['a comma too many', { remote: '10.1.0.9,' }, 'remote', /comma too many/],
    ['all beside others', { remote: 'all, 10.1.0.9' }, 'remote', /leave out one/],
    ['an address of one number', { remote: '167772161' }, 'remote', /neither an address/],
    ['a zone', { remote: 'fe80::1%eth0' }, 'remote', /neither an address/],
    [
      '65 parts',
      { remote: Array.from({ length: 65 }, (_, at) => `10.0.0.${at}`).join() },
      'remote',
      /at most 64/,
    ],
  ])('are refused with %s, saying where and what to do', (_, wrong, field, message) => {
    expect(faultsOf(withKey, { ...withKey, name: 'second', remote: '10.2.0.1', ...wrong })).toEqual([
      { path: `rules.1.${field}`, message: expect.stringMatching(message) },
    ]);
  });

  it('are refused with every fault, in every rule', () => {
    const paths = faultsOf({ ...withKey, dh: 'dh2', mode: 'tunnel' }, { ...withKey, ipsecMinutes: 700 }).map(
      ({ path }) => path,
    );
    expect(paths.toSorted()).toEqual([
      'rules.0.dh',
      'rules.0.mode',
      'rules.1.ipsecMinutes',
      'rules.1.name',
      'rules.1.remote',
    ]);
  });

  it('are refused with every fault at once, also of fields beside one that is wrong', () => {
    const wrong = { ...withKey, local: '10.1.2.0/33', remote: 'nonsense', dh: 'dh14', ipsecMinutes: 700 };
    const said = faultsOf(withKey, { ...wrong, dhPhase2: 'dh24', preSharedKey: null, colour: 'red' });
    expect(said.map(({ path, message }) => `${path.replace('rules.1.', '')}: ${message}`)).toEqual([
      expect.stringMatching(/^colour: is not known here/),
      expect.stringMatching(/^local: /),
      expect.stringMatching(/^remote: "nonsense" is neither/),
      expect.stringMatching(/^certificate: neither a certificate nor/),
      expect.stringMatching(/^dh: .*weaker than strong/),
      expect.stringMatching(/^dhPhase2: .*weaker than strong/),
      expect.stringMatching(/^dhPhase2: .*RFC 8247/),
      expect.stringMatching(/^ipsecMinutes: is longer than ikeMinutes \(480\)/),
      expect.stringMatching(/^name: office is the name of another rule/),
    ]);
  });

  it.each<[string, object, string]>([
    ['a signature', { certificate: 'dsa', preSharedKey: null }, 'certificate'],
    ['a key', { certificate: null, preSharedKey: 'Geheim 123!' }, 'preSharedKey'],
    ['a strength', { strength: 'weak', dh: 'dh14' }, 'strength'],
    ['that a group is known to be old', { strength: 'baseline', dh: 'dh24', legacy: 'yes' }, 'legacy'],
    ['a lifetime', { ikeMinutes: 5, ipsecMinutes: 700 }, 'ikeMinutes'],
    ['a name', { name: 7 }, 'name'],
    ['an end', { remote: ['10.1.0.0/16'] }, 'remote'],
  ])('say nothing of what rests on %s that is wrong', (_, wrong, field) => {
    const other = { ...withKey, name: 'other', remote: '10.2.0.0/16' };
    expect(faultsOf({ ...other, ...wrong }).map(({ path }) => path)).toEqual([`rules.0.${field}`]);
  });

  it('need a name and ends of their own, however the ends are typed', () => {
    const again = { ...withKey, name: 'OFFICE', remote: '10.1.128.0-10.1.255.255, 10.1.0.0/17' };
    expect(faultsOf(withKey, again)).toMatchObject([{ path: 'rules.1.name' }, { path: 'rules.1.remote' }]);
  });

  it('are 20 at most, in a list, and nothing else is beside it', () => {
    expect(faultsOf(...Array.from({ length: 21 }, () => withKey))).toMatchObject([{ path: 'rules' }]);
    for (const input of [null, [], 'x', {}, { rules: {} }])
      expect(checkIpsec(input)).toMatchObject({ faults: [{ path: 'rules' }] });
    expect(checkIpsec({ rules: [], secrets: [] })).toMatchObject({ faults: [{ path: 'secrets' }] });
    expect(checkIpsec({ ruls: [] })).toMatchObject({ faults: [{ path: 'rules' }, { path: 'ruls' }] });
  });
});
