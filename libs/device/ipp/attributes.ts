// What is looked up in the attributes that a printer gave, and the names of all that it is asked for.
import { isCollection, tags, type Attributes, type Value } from './message.js';

/** By name, as some come only so: PWG 5100.13 and the IANA registry of IPP have them. */
export const wanted = [
  'printer-serial-number',
  'printer-device-id',
  'printer-make-and-model',
  'printer-firmware-string-version',
  'printer-uuid',
  'device-uuid',
  'printer-uri-supported',
  'uri-security-supported',
  'uri-authentication-supported',
  'printer-xri-supported',
  'job-password-supported',
  'operations-supported',
  'printer-settable-attributes-supported',
] as const;
export type Wanted = (typeof wanted)[number];

/** Of all kinds of strings, fit to be stored and shown: without control characters, trimmed; empty ones are left out. */
export const textsOf = (attributes: Attributes, name: Wanted): readonly string[] =>
  strings(attributes.get(name)).filter((text) => text !== '');

export const numbersOf = (attributes: Attributes, name: Wanted): readonly number[] =>
  (attributes.get(name) ?? []).flatMap(({ content }) => (typeof content === 'number' ? [content] : []));

/** A way in to the printer: the three lists of RFC 8011 5.4.1 to 5.4.3 side by side, or a collection of RFC 3380 6.1. */
export interface WayIn {
  readonly uri: string;
  readonly authentication: string;
  readonly security: string;
}

/** As far as it says; empty where a list is shorter than the others. */
export function waysIn(attributes: Attributes): readonly WayIn[] {
  const uris = strings(attributes.get('printer-uri-supported'));
  const authentications = strings(attributes.get('uri-authentication-supported'));
  const securities = strings(attributes.get('uri-security-supported'));
  const length = Math.max(uris.length, authentications.length, securities.length);
  const listed = Array.from({ length }, (_, index) => ({
    uri: uris[index] ?? '',
    authentication: authentications[index] ?? '',
    security: securities[index] ?? '',
  }));
  const collected = (attributes.get('printer-xri-supported') ?? []).flatMap(({ content }) =>
    isCollection(content) ? [wayOf(content)] : [],
  );
  return [...listed, ...collected];
}

const wayOf = (members: Attributes): WayIn => ({
  uri: strings(members.get('xri-uri')).join(),
  authentication: strings(members.get('xri-authentication')).join(),
  security: strings(members.get('xri-security')).join(),
});

/** The other way round, to be set. */
export const collectionOf = ({ uri, authentication, security }: WayIn): Value => ({
  tag: tags.collection,
  content: new Map<string, readonly Value[]>([
    ['xri-uri', [{ tag: tags.uri, content: uri }]],
    ['xri-authentication', [{ tag: tags.keyword, content: authentication }]],
    ['xri-security', [{ tag: tags.keyword, content: security }]],
  ]),
});

/** What is no string counts as an empty one, so that lists stay side by side. */
const strings = (values: readonly Value[] = []): readonly string[] =>
  values.map(({ content }) => (typeof content === 'string' ? shown(content) : ''));

/** Cut long before anybody stores it. */
const shown = (text: string): string =>
  text
    .slice(0, 1_023)
    .toWellFormed()
    .replaceAll(/\p{Cc}|\p{Zl}|\p{Zp}/gu, ' ')
    .trim();
