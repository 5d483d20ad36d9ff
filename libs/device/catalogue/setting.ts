// One setting that a device can have, whatever protocol reads it.
import type { SettingValue } from '../../events/assessment.js';

export type SettingType =
  | { readonly type: 'boolean' }
  | { readonly type: 'choice'; readonly values: readonly string[] }
  | { readonly type: 'number'; readonly min: number; readonly max: number; readonly unit: string }
  /** `rule`: in words that follow `must be`. */
  | { readonly type: 'text'; readonly pattern: RegExp; readonly rule: string };

export interface Setting {
  readonly key: string;
  readonly title: string;
  readonly category: string;
  readonly type: SettingType;
  readonly severity: 'high' | 'medium' | 'low';
  /** The value that hardening guides ask for. */
  readonly recommended: SettingValue;
  /** What a person reads for a value: each choice has one, any other value where its own word is not enough. */
  readonly labels: Readonly<Record<string, string>>;
  /** Which rule asks for it, and what it is good for. */
  readonly why: string;
  /** It can be assessed, never set. */
  readonly readOnly: boolean;
  /** A change can cut Muster off from the device: such settings are written last. */
  readonly cutsOff: boolean;
}

type Row = Omit<Setting, 'category' | 'labels' | 'readOnly' | 'cutsOff'> &
  Partial<Pick<Setting, 'labels' | 'readOnly' | 'cutsOff'>>;

/** The settings of one category. */
export const category = (title: string, rows: readonly Row[]): readonly Setting[] =>
  rows.map((row) => ({ labels: {}, readOnly: false, cutsOff: false, ...row, category: title }));

export const onOff: SettingType = { type: 'boolean' };
export const choice = (...values: readonly string[]): SettingType => ({ type: 'choice', values });
