// The log as the bus writes it, and what each line says of an event or a task: which trace, which device.
import * as z from 'zod';
import type { Event } from '../events/event.js';
import type { Task } from '../store/tasks.js';

export interface BusLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const text = z.string().max(128).optional().catch(undefined);
const named = z.object({
  deviceId: text,
  serial: text,
  identity: z.object({ serial: text }).optional().catch(undefined),
});

/** trace, span, device, serial: those of them that the event has. */
export function fieldsOf({ traceparent, data }: Pick<Event, 'traceparent' | 'data'>): object {
  return { ...traceFields(traceparent), ...deviceFields(data) };
}

/** The same of a task. */
export function taskFields({ traceparent, payload }: Task): object {
  return { ...traceFields(traceparent), ...deviceFields(payload) };
}

/** As the log names them itself when a span is active: an event's own stand in its place. */
function traceFields(traceparent: string | null): object {
  const [, trace, span] = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(traceparent ?? '') ?? [];
  return trace === undefined ? {} : { trace, span };
}

function deviceFields(data: unknown): object {
  const { deviceId, serial, identity } = named.safeParse(data).data ?? {};
  const number = serial ?? identity?.serial;
  return {
    ...(deviceId !== undefined && { device: deviceId }),
    ...(number !== undefined && { serial: number }),
  };
}
