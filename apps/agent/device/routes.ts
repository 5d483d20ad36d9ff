// What the device interface answers: its paths, and who may use them.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { checkIpsec } from '#documents/ipsec';
import { settingValue } from '#events/device-setting';
import { ipAddress } from '#events/identity';
import { fingerprintOf } from '#pki/certificate';
import * as z from 'zod';
import type { Device } from './device.js';
import type { Digest } from './digest.js';
import { answerJson, Problem, readJson } from './request.js';
import type { Settings } from './setting.js';

const keysMax = 200;
const writeBody = z.strictObject({
  set: z
    .record(z.string().max(64), settingValue)
    .refine((set) => Object.keys(set).length <= keysMax, `must not have more than ${keysMax} keys`),
});
const passwordBody = z.strictObject({ password: z.string().min(8).max(128) });

type Handler = (device: Device, request: IncomingMessage, response: ServerResponse) => Promise<void> | void;
export interface Route {
  readonly open: boolean;
  readonly handler: Handler;
}

const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  '/muster': {
    GET: {
      open: true,
      handler: (_device, _request, response) => answerJson(response, 200, { versions: ['v1'] }),
    },
  },
  '/muster/v1/identity': {
    GET: { open: true, handler: identify },
  },
  '/muster/v1/settings': {
    GET: {
      open: false,
      handler: (device, request, response) =>
        answerJson(response, 200, { settings: wantedOf(device.settings(), request) }),
    },
    PATCH: {
      open: false,
      handler: async (device, request, response) => {
        const { set } = await readJson(request, writeBody);
        answerJson(response, 200, await device.write(set));
      },
    },
  },
  '/muster/v1/ipsec': {
    GET: {
      open: false,
      handler: (device, _request, response) => answerJson(response, 200, { rules: rulesOf(device) }),
    },
    PUT: {
      open: false,
      handler: async (device, request, response) => {
        rulesOf(device);
        const checked = checkIpsec(await readJson(request, z.unknown()));
        if ('faults' in checked) {
          const told = checked.faults.map(({ path, message }) => `${path}: ${message}`).join('\n');
          throw new Problem(400, told.slice(0, 500));
        }
        await device.setIpsec(checked.rules);
        answerJson(response, 200, { rules: rulesOf(device) });
      },
    },
  },
  '/muster/v1/admin-password': {
    PUT: {
      open: false,
      handler: async (device, request, response) => {
        const { password } = await readJson(request, passwordBody);
        await device.setPassword(password);
        answerJson(response, 204);
      },
    },
  },
};

/** Those that `keys` names, separated by commas; without it all. */
function wantedOf(settings: Settings, { url = '' }: IncomingMessage): Settings {
  const keys = new URLSearchParams(url.split('?')[1]).get('keys')?.split(',');
  return keys ? Object.fromEntries(Object.entries(settings).filter(([key]) => keys.includes(key))) : settings;
}

function identify(device: Device, request: IncomingMessage, response: ServerResponse): void {
  const reachedAt = ipAddress.safeParse(request.socket.localAddress);
  answerJson(response, 200, { ...device.identity, ip: reachedAt.data ?? device.identity.ip });
}

function rulesOf(device: Device) {
  const rules = device.ipsec();
  if (!rules) throw new Problem(404, 'This device has no IPsec.');
  return rules;
}

/** The route of a request; throws Problem. */
export function find(request: IncomingMessage): Route {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (!methods) throw new Problem(404, 'There is no such path; versions of this interface: v1.');
  const route = Object.hasOwn(methods, request.method ?? '') ? methods[request.method ?? ''] : undefined;
  if (!route) {
    const allowed = Object.keys(methods).join(', ');
    throw new Problem(405, `Allowed here: ${allowed}.`, { Allow: allowed });
  }
  return route;
}

/** By the connection itself: another certificate may be presented since it was made. */
function shownTo({ socket }: IncomingMessage): string | null {
  const own = socket instanceof TLSSocket ? socket.getX509Certificate() : undefined;
  return own ? fingerprintOf(own.raw) : null;
}

/** Passes whoever may go on; throws Problem with a challenge. */
export function authenticate(digest: Digest, device: Device, request: IncomingMessage): void {
  const hash = device.passwordHash;
  if (hash === null) return;
  const attempt = {
    header: request.headers.authorization,
    method: request.method ?? '',
    target: request.url ?? '',
    shown: shownTo(request),
  };
  const judgement = digest.judge(attempt, device.realm, hash);
  if (judgement === 'good') return;
  if (judgement === 'locked') {
    const seconds = digest.lockedForSeconds;
    throw new Problem(429, `Locked after wrong passwords for ${seconds} s.`, { 'Retry-After': seconds });
  }
  throw new Problem(
    401,
    judgement === 'wrong' ? 'The password is wrong.' : 'The password of admin is needed.',
    {
      'WWW-Authenticate': digest.challenge(device.realm, judgement === 'stale'),
    },
  );
}
