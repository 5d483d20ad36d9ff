// The driver of the open HTTPS device API: apps/agent/DEVICE-API.md says what it is.
import * as z from 'zod';
import { settingValue } from '../events/device-setting.js';
import { identity } from '../events/identity.js';
import { call } from './call.js';
import type { Driver, Outcome, Target } from './device.js';
import { Exchange, type Answer } from './exchange.js';
import { saidIpsec } from './ipsec.js';
import { Login, type LoginOptions } from './login.js';

/** Port that a device serves the interface on. */
export const deviceApiPort = 7627;

const settingsMax = 500;
const settingKey = z.string().regex(/^[a-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)+$/);
const byKey = <T>(value: z.ZodType<T>) =>
  z
    .record(z.string().max(64), value)
    .refine((record) => Object.keys(record).length <= settingsMax, `has more than ${settingsMax} settings`)
    .transform(
      (record) => new Map(Object.entries(record).filter(([key]) => settingKey.safeParse(key).success)),
    );

/** A device's own words, fit to be stored and shown: neither stores nor screens take control characters. */
const words = z.string().transform((said) =>
  said
    .slice(0, 400)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, ' '),
);
const value = settingValue.refine(
  (one) => typeof one !== 'string' || (one.isWellFormed() && !/\p{Cc}/u.test(one)),
  'holds characters that no setting has',
);
const settingsAnswer = z.object({ settings: byKey(value) });
const writtenAnswer = z.object({ applied: byKey(value), refused: byKey(words) });
const refusalAnswer = z.object({ detail: words });
const type = 'application/json';

/** @param login password of its administrator; null: what is open to everybody */
export function openDeviceApi(target: Target, login: LoginOptions | null = null): Driver {
  const exchange = new Exchange(target, { login: login && new Login(login) });
  const get = (path: string, signal: AbortSignal): Promise<Outcome<Answer>> =>
    exchange.ask({ method: 'GET', path, type }, signal);
  return {
    name: 'api',
    identify: (signal) =>
      call('identify', target, async () => {
        const answer = await get('/muster/v1/identity', signal);
        return understand(answer, identity, (who, { fingerprint }) => ({ identity: who, fingerprint }));
      }),
    read: (keys, signal) =>
      call('read', target, async () => {
        const answer = await get(`/muster/v1/settings?keys=${[...keys].join(',')}`, signal);
        return understand(answer, settingsAnswer, ({ settings }) => ({
          values: new Map([...settings].filter(([key]) => keys.has(key))),
          failed: new Map(),
        }));
      }),
    write: (changes, signal) =>
      call('write', target, async () => {
        const body = JSON.stringify({ set: Object.fromEntries(changes) });
        const answer = await exchange.ask(
          { method: 'PATCH', path: '/muster/v1/settings', type, body },
          signal,
        );
        return understand(answer, writtenAnswer, ({ applied, refused }) => ({
          applied: new Set(applied.keys()),
          refused,
        }));
      }),
    ipsec: (signal) =>
      call('read ipsec', target, async () => {
        const answer = await get('/muster/v1/ipsec', signal);
        return understand(answer, saidIpsec, (rules) => rules);
      }),
    setSecret: (secret, signal) =>
      call('set secret', target, async () => {
        if (secret.kind !== 'admin')
          return { kind: 'unsupported', reason: 'the device API has no such secret' } as const;
        const body = JSON.stringify({ password: secret.password });
        const answer = await exchange.ask(
          { method: 'PUT', path: '/muster/v1/admin-password', type, body },
          signal,
        );
        return answer.kind === 'answered' ? { kind: 'answered', value: null } : answer;
      }),
    setIpsec: (rules, signal) =>
      call<string | null>('write ipsec', target, async () => {
        const body = JSON.stringify({ rules });
        const request = { method: 'PUT', path: '/muster/v1/ipsec', type, body, explains: true } as const;
        const answer = await exchange.ask(request, signal);
        if (answer.kind !== 'answered' || answer.value.status === 200) {
          // A connection from before may outlive rules that forbid the next one.
          exchange.close();
          return answer.kind === 'answered' ? { kind: 'answered', value: null } : answer;
        }
        return understand(answer, refusalAnswer, ({ detail }) => detail);
      }),
    close: () => exchange.close(),
  };
}

function understand<A, T>(
  answer: Outcome<Answer>,
  schema: z.ZodType<A>,
  take: (value: A, answer: Answer) => T,
): Outcome<T> {
  if (answer.kind !== 'answered') return answer;
  const json = parse(answer.value.bytes);
  if (json === undefined) {
    return { kind: 'failed', reason: 'its answer is not JSON in UTF-8', mayPass: 'once' };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { kind: 'answered', value: take(parsed.data, answer.value) };
  const [issue] = parsed.error.issues;
  const fault = `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  return {
    kind: 'failed',
    reason: `its answer cannot be read: ${words.parse(fault)}`,
    mayPass: 'once',
  };
}

/** Undefined when it is no JSON. */
function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
