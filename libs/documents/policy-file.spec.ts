// Policies as files: what is written is read back as it was, and whatever is wrong is named by line and column.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingsCatalogue } from '#device/catalogue';
import { writePolicyFile, type PolicyFile } from '#documents/policy-file';
import { readPolicyFile } from '#documents/read-policy-file';
import { policyTemplates } from '#documents/templates';
import type { SettingValue } from '#events/device-setting';
import { exampleIpsecRule } from '#events/ipsec';
import type { PolicyIpsec, PolicyItem } from '#events/policy';
import { costOf } from '../../test/support/cost.js';

const read = (text: string) => readPolicyFile(text, settingsCatalogue);
const written = (file: PolicyFile) => writePolicyFile(file, settingsCatalogue);
/** `line:column path`, then the message. */
const faultsOf = (text: string) =>
  (read(text).faults ?? []).map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);

const settings = [...settingsCatalogue.values()];
const anItem = fc.constantFrom(...settings).chain(({ key, type, severity, recommended }) => {
  const values: readonly SettingValue[] =
    type.type === 'choice' ? type.values : type.type === 'boolean' ? [true, false] : [recommended];
  return fc.record<PolicyItem>({
    setting: fc.constant(key),
    required: fc.constantFrom(...values),
    severity: fc.constantFrom('high', 'medium', 'low', severity),
    remediate: fc.boolean(),
    unsupported: fc.constantFrom('fail', 'ignore'),
  });
});
const aRule = fc.record({
  name: fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/),
  preSharedKey: fc.constantFrom(null, 'print-servers'),
  dhPhase2: fc.constantFrom(null, 'ecp256', 'ecp384'),
  natTraversal: fc.constantFrom('off', 'remote', 'both'),
  ikeMinutes: fc.integer({ min: 60, max: 1440 }),
});
const someRules = fc
  .uniqueArray(aRule, { selector: ({ name }) => name, maxLength: 5 })
  .map((rules) => rules.map((rule, at) => ({ ...exampleIpsecRule, ...rule, remote: `10.1.${at}.0/24` })));
const someIpsec: fc.Arbitrary<PolicyIpsec> = fc.record({
  severity: fc.constantFrom('high', 'medium', 'low'),
  remediate: fc.boolean(),
  unsupported: fc.constantFrom('fail', 'ignore'),
  rules: someRules,
});
const aFile: fc.Arbitrary<PolicyFile> = fc
  .record({
    id: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/),
    body: fc.record({
      name: fc.constantFrom(
        'Muster Base',
        'off',
        'no: 1',
        '"quoted"',
        '- # &a *a',
        'Größe',
        '1e3',
        '0x10',
        '~',
      ),
      description: fc.oneof(fc.constantFrom('', 'one\n\ntwo\n', '  indented\n\tx', 'a: b # c'), fc.string()),
      items: fc.uniqueArray(anItem, { selector: ({ setting }) => setting, maxLength: 20 }),
    }),
    ipsec: fc.option(someIpsec, { nil: undefined }),
  })
  .map(({ id, body, ipsec }) => ({ id, body: { ...body, ...(ipsec && { ipsec }) } }));

describe('a policy file', () => {
  it.each(policyTemplates)('has all of $id', ({ id, body }) => {
    expect(read(written({ id, body }))).toEqual({ file: { id, body }, faults: null });
  });

  it('has any policy, as it was', () => {
    fc.assert(
      fc.property(aFile, (file) => {
        expect(read(written(file))).toEqual({ file, faults: null });
      }),
      { numRuns: 300 },
    );
  });

  it('is for people: titles stand above, and what is left out is as the catalogue says', () => {
    const base = policyTemplates.find(({ id }) => id === 'base');
    expect(written({ id: 'base', body: base?.body ?? { name: '', description: '', items: [] } })).toContain(
      `  # Held jobs are deleted after
  - setting: jobs.holdTimeoutMinutes
    compare: atMost
    required: 240
    severity: medium
`,
    );
    const short = `policy: lobby
name: Lobby
items:
  - { setting: svc.telnet, required: false }
  - setting: cert.daysLeft
    compare: atLeast
    required: 60
  - { setting: svc.lpd, required: true, compare: equals, also: [] }
`;
    expect(read(short).file?.body).toEqual({
      name: 'Lobby',
      description: '',
      items: [
        { setting: 'svc.telnet', required: false, severity: 'high', remediate: true, unsupported: 'ignore' },
        {
          setting: 'cert.daysLeft',
          required: 60,
          compare: 'atLeast',
          severity: 'high',
          remediate: false,
          unsupported: 'ignore',
        },
        { setting: 'svc.lpd', required: true, severity: 'low', remediate: true, unsupported: 'ignore' },
      ],
    });
  });
});

describe('rules of IPsec in a policy file', () => {
  const head = 'policy: office\nname: Office\nitems: []\nipsec:\n';

  it('are short: what devices do of themselves is left out', () => {
    const rules = `  rules:
    - name: print-servers
      local: all
      remote: 10.1.0.10, 10.1.0.16/28, fd00:1::10
      strength: strong
      dh: ecp256
      certificate: ecdsa256
      preSharedKey: print-servers
`;
    const ipsec = {
      severity: 'high',
      remediate: true,
      unsupported: 'ignore',
      rules: [exampleIpsecRule],
    } as const;
    const body = {
      name: 'Office',
      description: '',
      items: [],
      ipsec: { ...ipsec, rules: [exampleIpsecRule] },
    };
    expect(read(`${head}${rules}`).file?.body).toEqual(body);
    expect(written({ id: 'office', body })).toContain(rules);
  });

  it('have each fault named, with line and column', () => {
    const text = `${head}  severity: huge
  remediate: true
  rules:
    - name: print-servers
      local: all
      remote: 10.1.0.300
      strength: strong
      dh: dh2
      certificate: rsa
    - { name: print-servers, local: all, remote: 10.1.0.1, strength: highest, dh: ecp256, certificate: rsa }
    - name: lobby
      encryption: des
`;
    expect(faultsOf(text)).toEqual([
      expect.stringMatching(/^5:3 ipsec\.severity: /),
      expect.stringMatching(/^10:7 ipsec\.rules\.0\.remote: "10\.1\.0\.300" is neither/),
      expect.stringMatching(/^12:7 ipsec\.rules\.0\.dh: Diffie-Hellman group dh2 is refused/),
      expect.stringMatching(/^14:9 ipsec\.rules\.1\.name: print-servers is the name of another rule/),
      expect.stringMatching(/^14:53 ipsec\.rules\.1\.dh: |^14:\d+ ipsec\.rules\.1\.dh: /),
      ...['local', 'remote', 'strength', 'dh'].map(
        (field) =>
          expect.stringMatching(new RegExp(`^15:7 ipsec\\.rules\\.2\\.${field}: is missing`)) as string,
      ),
      expect.stringMatching(/^15:7 ipsec\.rules\.2\.certificate: neither a certificate nor/),
      expect.stringMatching(/^16:7 ipsec\.rules\.2\.encryption: is not known here/),
    ]);
    expect(faultsOf(`${head}  severity: high\n`)).toEqual([
      expect.stringMatching(/^4:1 ipsec\.rules: is missing/),
    ]);
    expect(faultsOf(head.replace('ipsec:', 'ipsec: []'))).toEqual([expect.stringMatching(/^4:1 ipsec: /)]);
  });
});

describe('a policy file with faults', () => {
  it('has those beside another fault of the same item named, and none that only follows from it', () => {
    const text = `policy: lobby
name: Lobby
items:
  - setting: svc.telnet
    required: off
    severity: critical
  - setting: svc.ipp
    compare: anyOf
    required: plain
    also: [off]
  - setting: svc.telnet
    required: [false]
    also: [maybe]
    compare: atMost
  - setting: 7
    required: off
  - setting: svc.gopher
    colour: red
    required: true
  - setting: svc.lpd
    required: false
    also: off
    compare: oneOf
`;
    expect(faultsOf(text)).toEqual([
      '5:5 items.0.required: svc.telnet is "off": it must be true or false',
      expect.stringMatching(/^6:5 items\.0\.severity: must be/),
      expect.stringMatching(/^8:5 items\.1\.compare: must be/),
      expect.stringMatching(/^9:5 items\.1\.required: svc\.ipp is "plain": it must be one of/),
      '11:5 items.2.setting: svc.telnet is in this policy already: keep one of the two',
      expect.stringMatching(/^12:5 items\.2\.required: /),
      expect.stringMatching(/^13:5 items\.2\.also: svc\.telnet is "maybe": it must be true or false/),
      expect.stringMatching(/^14:5 items\.2\.compare: svc\.telnet cannot be compared by atMost/),
      expect.stringMatching(/^15:5 items\.3\.setting: must be text/),
      expect.stringMatching(/^17:5 items\.4\.setting: svc\.gopher is no setting/),
      expect.stringMatching(/^18:5 items\.4\.colour: is no field here/),
      expect.stringMatching(/^22:5 items\.5\.also: must be a list/),
    ]);
  });

  it('has each of them named, with line and column, in their order', () => {
    const text = `# Of the lobby
policy: Not A Slug
nmae: Lobby
items:
  - setting: svc.telnet
    required: off
  - setting: svc.gopher
    required: true
  - { setting: tls.strength, compare: atleast, required: high }
  - setting: svc.lpd
    requird: false
  - setting: svc.telnet
    required: false
  - setting: jobs.holdTimeoutMinutes
    required: 99999
    also:
      - 60
      - soon
  - just text
`;
    expect(faultsOf(text)).toEqual([
      '2:1 policy: must be lower-case letters, digits and hyphens',
      '2:1 name: is missing',
      '3:1 nmae: is no field here; allowed: policy, name, description, items, ipsec',
      '6:5 items.0.required: svc.telnet is "off": it must be true or false',
      '7:5 items.1.setting: svc.gopher is no setting of the catalogue: remove it, or choose one that is',
      expect.stringMatching(/^9:30 items\.2\.compare: .*atLeast/),
      '10:5 items.3.required: is missing',
      '11:5 items.3.requird: is no field here; allowed: setting, required, compare, also, severity, remediate, unsupported',
      '12:5 items.4.setting: svc.telnet is in this policy already: keep one of the two',
      expect.stringMatching(/^15:5 items\.5\.required: .* from 0 to 10080$/),
      expect.stringMatching(/^16:5 items\.5\.also: .*"soon"/),
      expect.stringMatching(/^16:5 items\.5\.also: .*only oneOf looks at/),
      expect.stringMatching(/^19:5 items\.6: /),
    ]);
  });

  it.each([
    ['nothing', '', '1:1 : is no policy: it has policy, name, description, items, ipsec'],
    ['a list', '- a\n- b\n', '1:1 : is no policy'],
    ['an open bracket', 'policy: x\nitems: [', '2:'],
    ['a key twice', 'policy: x\npolicy: y\nname: n\nitems: []\n', '2:1'],
    ['a tab', 'policy: x\nitems:\n\t- a\n', '3:'],
    ['two documents', 'policy: x\n---\npolicy: y\n', ''],
    ['an alias', 'policy: x\nname: &a n\ndescription: *a\nitems: []\n', '3:14 : is an alias'],
    ['a tag', 'policy: x\nname: !!js/function n\nitems: []\n', '2:7'],
    [
      'a key twice further in',
      'policy: x\nname: n\nitems: [{ a: 1, b: 2, a: 3 }]\n',
      '3:23 : Map keys must be unique',
    ],
    ['two documents, told where', 'policy: x\n---\npolicy: y\n', '2:1 : begins a second document'],
    [
      'lists within lists',
      `policy: x\nitems: ${'['.repeat(60)}`,
      '2:56 : goes more than 50 lists and maps deep',
    ],
    ['too much', `# ${'x'.repeat(200_001)}`, '1:1 : is longer than 200000 characters'],
    ['too many settings', `policy: x\nname: n\nitems:\n${'  - {}\n'.repeat(501)}`, '3:1 items: '],
  ])('%s is told, and nothing is thrown', (_, text, said) => {
    const faults = faultsOf(text);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.join('\n')).toContain(said);
  });

  it('is bounded, whatever it nests or repeats', () => {
    const bomb = `a: &a [x,x]\n${Array.from({ length: 30 }, (_, at) => `b${at}: &b${at} [*a,*a]\n`).join('')}`;
    const deep = `a: ${'['.repeat(2_000)}${']'.repeat(2_000)}\n`;
    for (const text of [deep, '['.repeat(20_000), '{a: '.repeat(20_000), bomb, '- '.repeat(20_000)]) {
      const { faults } = read(text);
      expect(faults?.length).toBeGreaterThan(0);
      expect(faults?.length).toBeLessThanOrEqual(1_000);
    }
  });

  it.each([
    ['[', ''],
    ['{a: ', ''],
    ['- ', ''],
    ['? ', ''],
    ['- ', 'x\ny'],
    ['[', ']'],
  ])('is not gone into where it nests %j some 100,000 times', (open, close) => {
    const times = Math.floor(199_000 / (open.length + close.length));
    const said = faultsOf(open.repeat(times) + (close.length === 1 ? close.repeat(times) : close));
    expect(said).toEqual([expect.stringMatching(/^1:\d+ : goes more than 50 lists and maps deep/)]);
  });

  it('costs what an ordinary one of its length costs, whatever keys it has', () => {
    const filled = (line: (at: number) => string): string => {
      let text = 'policy: x\nname: n\nitems:\n  - {}\n';
      for (let at = 0; text.length < 199_000; at += 1) text += line(at);
      return text;
    };
    const item = '  - setting: svc.telnet\n    required: false\n';
    const ordinary = costOf(() => expect(faultsOf(filled(() => item)).length).toBeGreaterThan(0));
    for (const key of [(at: number) => at.toString(36), () => 'a']) {
      const cost = costOf(() => expect(faultsOf(filled((at) => `${key(at)}:\n`))).toHaveLength(1_000));
      expect(cost).toBeLessThan(10 * ordinary);
    }
  });

  it('never has anything else done than read or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const { file, faults } = read(text);
        expect(file === null).toBe(faults !== null);
      }),
    );
  });
});
