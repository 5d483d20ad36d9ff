// The driver of IPP and IPPS: who a printer is, and what it says of its ways in, its firmware and passwords of its jobs.
//
//   ipp.ts         the driver
//   printer.ts     one printer asked, over TLS or else in clear; line.ts: a request and its answer
//   attributes.ts  what is asked for and looked up; facts.ts: settings out of it, identity.ts: who it is
//   narrow.ts      the one thing that is written: fewer ways in
//   message.ts     what a message is, and how one is written; decode.ts: read, status.ts: what its status means
import type { SettingValue } from '../../events/device-setting.js';
import { call } from '../call.js';
import { faultOfValue, settingsCatalogue } from '../catalogue.js';
import type { Setting, SettingType } from '../catalogue/setting.js';
import type { Driver, Outcome, Reading, Setback, Target, Values, Written } from '../device.js';
import { facts, type Fact, type Said } from './facts.js';
import { identityOf, serialOf } from './identity.js';
import { overTlsOnly } from './narrow.js';
import { Printer, type Heard } from './printer.js';

/** Of IPP in both forms. */
export const ippPort = 631;

export interface IppDriver extends Driver {
  /** Its serial number, by which it is known again where IPP gives away no MAC address, and so no whole identity. */
  serialOf(signal: AbortSignal): Promise<Outcome<string>>;
}

export interface IppTarget extends Target {
  /** The only printer that is read or written, if it says which one it is; null or left out: whoever answers. */
  readonly serial?: string | null;
}

export function openIpp(target: IppTarget): IppDriver {
  const printer = new Printer(target);
  const on: Speaking = { printer, target };
  return {
    name: 'ipp',
    identify: (signal) =>
      call('identify', target, async () =>
        andThen(proven(await printer.attributes(signal), target), ({ attributes, fingerprint }) =>
          andThen(identityOf(attributes, target.address), (identity) => answered({ identity, fingerprint })),
        ),
      ),
    serialOf: (signal) =>
      call('identify', target, async () =>
        andThen(proven(await printer.attributes(signal), target), ({ attributes }) => serialOf(attributes)),
      ),
    read: (keys, signal) => call('read', target, () => read(on, keys, signal)),
    write: (changes, signal) => call('write', target, () => write(on, changes, signal)),
    close: () => printer.close(),
  };
}

interface Speaking {
  readonly printer: Printer;
  readonly target: IppTarget;
}

const answered = <T>(value: T): Outcome<T> => ({ kind: 'answered', value });

const andThen = <A, B>(outcome: Outcome<A>, take: (value: A) => Outcome<B>): Outcome<B> =>
  outcome.kind === 'answered' ? take(outcome.value) : outcome;

/** In clear, where it should show a certificate: anybody may say so. */
const isAnybodys = ({ clear }: Said, { fingerprint, mutual }: Target): boolean =>
  clear && (fingerprint !== null || mutual !== null);

const unproven = 'it offers no TLS over IPP, so that it does not show the certificate that says who it is';

function proven(heard: Outcome<Heard>, target: Target): Outcome<Heard> {
  if (heard.kind !== 'answered' || !isAnybodys(heard.value, target)) return heard;
  return { kind: 'failed', reason: unproven, mayPass: false };
}

/** Whoever says that it is another printer is not asked for anything else. */
async function meant({ printer, target }: Speaking, signal: AbortSignal): Promise<Outcome<Heard>> {
  const { serial: due = null, address } = target;
  return andThen(await printer.attributes(signal), (heard) => {
    const said = due === null ? null : serialOf(heard.attributes);
    if (said?.kind !== 'answered' || said.value === due) return answered(heard);
    const reason = `what answers by IPP at ${address} is ${said.value}, not ${due}`;
    return { kind: 'failed', reason, mayPass: false };
  });
}

async function read(on: Speaking, keys: ReadonlySet<string>, signal: AbortSignal): Promise<Outcome<Reading>> {
  const settings = [...keys].flatMap((key) => settingsCatalogue.get(key) ?? []);
  const heard = await meant(on, signal);
  if (heard.kind === 'unreachable' && on.printer.refuses) return answered(switchedOff(settings));
  return andThen(heard, (said) => answered(readingOf(settings, said, isAnybodys(said, on.target))));
}

/** Where nobody listens at its port there is no IPP, if the device is there at all: that others must say. */
function switchedOff(settings: readonly Setting[]): Reading {
  const off = settings.filter(({ by }) => by.ipp?.fact === 'transport');
  return { values: new Map(off.map(({ key }) => [key, 'off'])), failed: new Map(), unspoken: true };
}

/** @param anybodys of what was said, only that it was said in clear is sure */
function readingOf(settings: readonly Setting[], said: Said, anybodys: boolean): Reading {
  const values = new Map<string, SettingValue>();
  const failed = new Map<string, string>();
  const fixed = new Map<string, string>();
  const way = overTlsOnly(said);
  for (const { key, type, by } of settings) {
    const fact = by.ipp ? facts[by.ipp.fact](said) : null;
    if (fact === null) continue;
    if (by.ipp?.sets && typeof way === 'string') fixed.set(key, way);
    const fault = anybodys && by.ipp?.fact !== 'transport' ? unproven : faultOf(fact, type);
    if (fault !== null) failed.set(key, fault);
    else if ('value' in fact) values.set(key, fact.value);
  }
  return { values, failed, ...(fixed.size > 0 && { fixed }) };
}

function faultOf(fact: Exclude<Fact, null>, type: SettingType): string | null {
  if ('fault' in fact) return fact.fault;
  const fault = faultOfValue(type, fact.value);
  return fault && `its IPP says what this setting cannot be: it must be ${fault}`;
}

async function write(on: Speaking, changes: Values, signal: AbortSignal): Promise<Outcome<Written>> {
  const applied = new Set<string>();
  const refused = new Map<string, string>();
  for (const [key, value] of changes) {
    const isTransport = settingsCatalogue.get(key)?.by.ipp?.fact === 'transport';
    const outcome: Outcome<null> =
      isTransport && value === 'ippsOnly' ? await narrow(on, signal) : notSettable;
    if (outcome.kind === 'unreachable') return outcome;
    if (outcome.kind === 'answered') applied.add(key);
    else refused.set(key, outcome.reason);
  }
  return answered({ applied, refused });
}

const notSettable: Setback = { kind: 'unsupported', reason: 'IPP has nothing to set it by' };

async function narrow(on: Speaking, signal: AbortSignal): Promise<Outcome<null>> {
  const heard = proven(await meant(on, signal), on.target);
  if (heard.kind !== 'answered') return heard;
  const set = overTlsOnly(heard.value);
  if (typeof set === 'string') return { kind: 'unsupported', reason: set };
  return andThen(await on.printer.set(set, signal), () => answered(null));
}
