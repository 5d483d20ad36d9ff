// What follows from the attributes of a printer.
import { describe, expect, it } from 'vitest';
import { enumerated, keyword, text, uri } from '../../../test/support/ipp-peer.js';
import { settingsCatalogue } from '../catalogue.js';
import { collectionOf, type WayIn } from './attributes.js';
import { authentications, facts } from './facts.js';
import { identityOf, serialOf } from './identity.js';
import { tags, type Value } from './message.js';
import { overTlsOnly } from './narrow.js';

const attributes = (of: Readonly<Record<string, readonly Value[]>>) => new Map(Object.entries(of));
const over = (...securities: readonly string[]) => ({ 'uri-security-supported': securities.map(keyword) });
const by = (...ways: readonly string[]) => ({ 'uri-authentication-supported': ways.map(keyword) });
const number = (content: number): Value => ({ tag: tags.integer, content });
const xri = (...securities: readonly string[]) => ({
  'printer-xri-supported': securities.map((security) =>
    collectionOf({ uri: 'ipps://printer/ipp/print', authentication: 'none', security }),
  ),
});

describe('transport', () => {
  it.each([
    ['TLS alone', over('tls'), false, { value: 'ippsOnly' }],
    ['both', over('none', 'tls'), false, { value: 'both' }],
    ['SSL 3 beside TLS', over('tls', 'ssl3'), false, { value: 'both' }],
    ['what nobody knows', over('tls', 'cloud'), false, { value: 'both' }],
    ['clear alone, said over TLS', over('none'), false, { value: 'both' }],
    ['clear alone, said in clear', over('none'), true, { value: 'ippOnly' }],
    ['TLS alone, said in clear', over('tls'), true, { value: 'both' }],
    ['nothing, said in clear', {}, true, { value: 'ippOnly' }],
    ['nothing, said over TLS', {}, false, null],
    ['TLS alone, as a collection', xri('tls'), false, { value: 'ippsOnly' }],
    ['both, one of them as a collection only', { ...over('tls'), ...xri('none') }, false, { value: 'both' }],
  ])('of a printer that names %s', (_, of, clear, expected) => {
    expect(facts.transport({ attributes: attributes(of), clear })).toEqual(expected);
  });
});

describe('authentication', () => {
  it('has the words of the catalogue, in its order', () => {
    expect(settingsCatalogue.get('ipp.auth')?.type).toMatchObject({ values: authentications });
  });

  it.each([
    ['one', by('digest'), { value: 'digest' }],
    [
      'the weakest of several',
      by('certificate', 'requesting-user-name', 'basic'),
      { value: 'requesting-user-name' },
    ],
    ['none', by('basic', 'none'), { value: 'none' }],
    ['not said', {}, null],
    ['what nobody knows', by('basic', 'smell'), { fault: expect.stringContaining('smell') }],
  ])('%s', (_, of, expected) => {
    expect(facts.authentication({ attributes: attributes(of), clear: false })).toEqual(expected);
  });
});

describe('passwords of jobs, and firmware', () => {
  const said = (of: Readonly<Record<string, readonly Value[]>>) => ({
    attributes: attributes(of),
    clear: false,
  });
  it.each([
    [[number(0)], { value: false }],
    [[number(255)], { value: true }],
    [[], null],
    [[text('255')], null],
  ])('%j', (values, expected) => {
    expect(facts.jobPassword(said({ 'job-password-supported': values }))).toEqual(expected);
  });

  it('is that of its first part, as one line that can be shown', () => {
    const versions = [text(''), text(' 2511123\u0000083214\n '), text('1.2')];
    expect(facts.firmware(said({ 'printer-firmware-string-version': versions }))).toEqual({
      value: '2511123 083214',
    });
    expect(facts.firmware(said({}))).toBeNull();
  });
});

describe('who it is', () => {
  const uuid = 'urn:uuid:1c852a4d-b800-1f08-abcd-3c5282aa0001';
  const printer = {
    'printer-serial-number': [text('vnb3k12345')],
    'printer-make-and-model': [text('HP LaserJet M612')],
    'printer-uuid': [uri(uuid)],
    'printer-firmware-string-version': [text('2511123_083214')],
    'printer-uri-supported': [
      uri('ipp://Second-Floor.example./ipp/print'),
      uri('ipps://second-floor.example/ipp'),
    ],
  };
  const identified = (of: Readonly<Record<string, readonly Value[]>>) =>
    identityOf(attributes({ ...printer, ...of }), '10.1.2.3');

  it('is all that it says', () => {
    expect(identified({})).toEqual({
      kind: 'answered',
      value: {
        serial: 'VNB3K12345',
        model: 'HP LaserJet M612',
        mac: '3c:52:82:aa:00:01',
        ip: '10.1.2.3',
        hostname: 'second-floor.example',
        firmware: '2511123_083214',
      },
    });
  });

  it('is in its device id, where it says it nowhere else', () => {
    const id = [text('MFG:HP;MDL:HP LaserJet M404;CMD:PCL,PDF;SN:PHDBH22417;')];
    const of = { 'printer-serial-number': [], 'printer-make-and-model': [], 'printer-device-id': id };
    expect(identified(of)).toMatchObject({ value: { serial: 'PHDBH22417', model: 'HP LaserJet M404' } });
    expect(serialOf(attributes({ 'printer-device-id': [text('MFG:X;MDL:Y;SN: ;')] }))).toMatchObject({
      kind: 'unsupported',
    });
  });

  it.each([
    ['has version 4', 'urn:uuid:1c852a4d-b800-4f08-abcd-3c5282aa0001'],
    ['has the variant of others', 'urn:uuid:1c852a4d-b800-1f08-cbcd-3c5282aa0001'],
    ['drew its node by lot', 'urn:uuid:1c852a4d-b800-1f08-abcd-3d5282aa0001'],
    ['has no node', 'urn:uuid:1c852a4d-b800-1f08-abcd-000000000000'],
    ['is none', 'urn:uuid:3c5282aa0001'],
  ])('is not known by a UUID that %s', (_, other) => {
    expect(identified({ 'printer-uuid': [uri(other)] })).toMatchObject({ kind: 'unsupported' });
    const both = { 'printer-uuid': [uri(other)], 'device-uuid': [uri(uuid)] };
    expect(identified(both)).toMatchObject({ value: { mac: '3c:52:82:aa:00:01' } });
  });

  it.each([
    ['an address', ['ipp://10.1.2.3/ipp/print']],
    ['an address of IPv6', ['ipp://[fd00::1]/ipp/print']],
    ['itself', ['ipp://localhost/ipp/print']],
    ['two names', ['ipp://one.example/', 'ipp://two.example/']],
    ['nothing that can be read', ['ipp', 'ipp://a b/']],
  ])('has no host name when it names %s', (_, uris) => {
    expect(identified({ 'printer-uri-supported': uris.map(uri) })).toMatchObject({
      value: { hostname: null },
    });
  });

  it('cannot be read when its serial number or model is none', () => {
    expect(identified({ 'printer-serial-number': [text('a serial number')] })).toMatchObject({
      kind: 'failed',
    });
    expect(identified({ 'printer-make-and-model': [text('\u0000')] })).toMatchObject({ kind: 'failed' });
  });
});

describe('fewer ways in', () => {
  const way = (security: string, at = `${security}://printer/ipp/print`): WayIn => ({
    uri: at,
    authentication: 'none',
    security,
  });
  const settable = {
    'operations-supported': [enumerated(0x000b), enumerated(0x0013)],
    'printer-settable-attributes-supported': [keyword('printer-info'), keyword('printer-xri-supported')],
    'printer-xri-supported': [collectionOf(way('none')), collectionOf(way('tls'))],
  };
  const narrowed = (of: Readonly<Record<string, readonly Value[]>>, clear = false) =>
    overTlsOnly({ attributes: attributes({ ...settable, ...of }), clear });

  it('are those over TLS, each once', () => {
    const listed = {
      'printer-uri-supported': [uri('tls://printer/ipp/print'), uri('none://printer/ipp/print')],
      'uri-authentication-supported': [keyword('none'), keyword('none')],
      'uri-security-supported': [keyword('tls'), keyword('none')],
    };
    const left = new Map([['printer-xri-supported', [collectionOf(way('tls'))]]]);
    expect(narrowed({})).toEqual(left);
    expect(narrowed(listed)).toEqual(left);
  });

  it.each([
    [
      'nothing can be set',
      { 'operations-supported': [enumerated(0x000b)] },
      false,
      'does not offer Set-Printer',
    ],
    ['this cannot', { 'printer-settable-attributes-supported': [keyword('none')] }, false, 'not settable'],
    [
      'none is over TLS',
      { 'printer-xri-supported': [collectionOf(way('none'))] },
      false,
      'no way in over TLS',
    ],
    [
      'TLS has no address',
      { 'printer-xri-supported': [collectionOf(way('tls', ''))] },
      false,
      'no way in over TLS',
    ],
    ['it was said in clear', {}, true, 'offers no TLS'],
  ])('are not set where %s', (_, of, clear, reason) => {
    expect(narrowed(of, clear)).toContain(reason);
  });
});
