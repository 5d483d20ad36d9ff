// The driver of the open HTTPS device API: apps/agent/DEVICE-API.md says what it is.
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import * as z from 'zod';
import { settingValue } from '../events/assessment.js';
import { identity } from '../events/identity.js';
import { ownAddresses } from '../addresses/own.js';
import { mayConnect } from './address.js';
import type { Driver, Outcome, Setback, Target } from './device.js';
import { Exchange, type Answer, type Request } from './exchange.js';

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
const tracer = trace.getTracer('muster.device');

export function openDeviceApi(target: Target): Driver {
  const exchange = new Exchange(target);
  const ask = async (request: Request, signal: AbortSignal): Promise<Outcome<Answer>> =>
    mayConnect(target.address, target.networks, ownAddresses())
      ? exchange.ask(request, signal)
      : outside(target);
  return {
    identify: (signal) =>
      traced('identify', target, async () => {
        const answer = await ask({ method: 'GET', path: '/muster/v1/identity' }, signal);
        return understand(answer, identity, (who, { fingerprint }) => ({ identity: who, fingerprint }));
      }),
    read: (signal) =>
      traced('read', target, async () => {
        const answer = await ask({ method: 'GET', path: '/muster/v1/settings' }, signal);
        return understand(answer, settingsAnswer, ({ settings }) => settings);
      }),
    write: (changes, signal) =>
      traced('write', target, async () => {
        const body = { set: Object.fromEntries(changes) };
        const answer = await ask({ method: 'PATCH', path: '/muster/v1/settings', body }, signal);
        return understand(answer, writtenAnswer, ({ applied, refused }) => ({
          applied: new Set(applied.keys()),
          refused,
        }));
      }),
    close: () => exchange.close(),
  };
}

/** Under a span of the trace that led to the call. */
function traced<T>(
  call: string,
  { address, port }: Target,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const attributes = { 'server.address': address, 'server.port': port };
  return tracer.startActiveSpan(`device ${call}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    try {
      const outcome = await work();
      span.setAttribute('muster.device.outcome', outcome.kind);
      if (outcome.kind !== 'answered')
        span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.reason });
      return outcome;
    } finally {
      span.end();
    }
  });
}

const outside = ({ address }: Target): Setback => ({
  kind: 'failed',
  reason: `${address} lies outside the device networks`,
  mayPass: false,
});

function understand<A, T>(
  answer: Outcome<Answer>,
  schema: z.ZodType<A>,
  take: (value: A, answer: Answer) => T,
): Outcome<T> {
  if (answer.kind !== 'answered') return answer;
  const parsed = schema.safeParse(answer.value.json);
  if (parsed.success) return { kind: 'answered', value: take(parsed.data, answer.value) };
  const [issue] = parsed.error.issues;
  const fault = `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  return {
    kind: 'failed',
    reason: `its answer cannot be read: ${words.parse(fault)}`,
    mayPass: true,
  };
}
