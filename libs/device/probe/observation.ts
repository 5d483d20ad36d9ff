// What was seen of one fact.
import type { SettingValue } from '../../events/device-setting.js';

export type Observation = { readonly kind: 'seen'; readonly value: SettingValue } | NotSeen;

/** absent: the device has no such thing, so that the setting is unsupported there. */
export type NotSeen = { readonly kind: 'failed'; readonly reason: string } | { readonly kind: 'absent' };

export const seen = (value: SettingValue): Observation => ({ kind: 'seen', value });
export const failed = (reason: string): NotSeen => ({ kind: 'failed', reason });
export const absent: NotSeen = { kind: 'absent' };
