// What the attributes of a printer say of the settings that IPP knows of: the `fact` of an IppFact each. Pure.
import type { SettingValue } from '../../events/device-setting.js';
import type { IppFact } from '../catalogue/setting.js';
import { numbersOf, textsOf, waysIn } from './attributes.js';
import type { Attributes } from './message.js';

export interface Said {
  readonly attributes: Attributes;
  /** It said so in clear, as it offered no TLS. */
  readonly clear: boolean;
}

/** Null: it has no such thing. */
export type Fact = { readonly value: SettingValue } | { readonly fault: string } | null;

export const facts: Readonly<Record<IppFact['fact'], (said: Said) => Fact>> = {
  transport,
  authentication,
  jobPassword,
  firmware,
};

/** Ways in that it names and the one that we took. Whatever is not TLS, SSL 3 too, counts as in clear (RFC 8011 5.4.3). */
function transport({ attributes, clear }: Said): Fact {
  const named = waysIn(attributes).map(({ security }) => security);
  // Without the list nobody knows what else there is.
  if (named.length === 0 && !clear) return null;
  const secured = !clear || named.includes('tls');
  const open = clear || named.some((security) => security !== 'tls');
  if (!open) return { value: 'ippsOnly' };
  return { value: secured ? 'both' : 'ippOnly' };
}

/** From the weakest on, as `ipp.auth` of the catalogue has them (RFC 8011 5.4.2 and its registry). */
export const authentications: readonly string[] = [
  'none',
  'requesting-user-name',
  'basic',
  'digest',
  'negotiate',
  'oauth',
  'certificate',
  'certificate+basic',
  'certificate+digest',
  'certificate+negotiate',
  'certificate+oauth',
];

/** The weakest that it takes on any way in. */
function authentication({ attributes }: Said): Fact {
  const named = waysIn(attributes).flatMap((way) => (way.authentication === '' ? [] : [way.authentication]));
  if (named.length === 0) return null;
  const ranks = named.map((each) => authentications.indexOf(each));
  const weakest = authentications[Math.min(...ranks)];
  return weakest === undefined
    ? { fault: `its IPP names a way to prove who one is that nobody here knows: ${unknown(named)}` }
    : { value: weakest };
}

const unknown = (named: readonly string[]): string =>
  named
    .filter((each) => !authentications.includes(each))
    .join(', ')
    .slice(0, 200);

/** How long a password of a job may be; 0 is none (PWG 5100.11). */
function jobPassword({ attributes }: Said): Fact {
  const [longest] = numbersOf(attributes, 'job-password-supported');
  return longest === undefined ? null : { value: longest > 0 };
}

function firmware({ attributes }: Said): Fact {
  const said = firmwareOf(attributes);
  return said === null ? null : { value: said };
}

/** Of the first of its parts, which is what others call its firmware (PWG 5100.13). Null: it says none. */
export const firmwareOf = (attributes: Attributes): string | null =>
  textsOf(attributes, 'printer-firmware-string-version')[0]?.slice(0, 128) ?? null;
