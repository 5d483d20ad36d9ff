// What every request passes before a controller sees it: headers, who is calling, how much may be sent.
import type { AbstractHttpAdapter } from '@nestjs/core';
import express, {
  type ErrorRequestHandler,
  type Express,
  type NextFunction,
  type Request,
  type Response,
} from 'express';
import helmet from 'helmet';
import { listBytesMax } from '#documents/device-list';
import type { Log } from '#runtime/log';
import { identify, type Caller, type Callers } from '../who/caller.js';
import { Refusal } from '../refusal.js';
import { depthMax, tooDeep } from './depth.js';
import { writeProblem } from './problem.js';

/** An import of 100,000 serial numbers, or a group of as many devices, fits. */
const bodyMax = '5mb';
/** Whoever is not signed in can send a name and a password. */
const strangerBodyMax = '16kb';

/** No inline script, no inline style, nothing from elsewhere, no frame around the page. */
export const headers = (secure: boolean) =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: secure,
  });

const nested = `What was sent is nested too deeply: at most ${depthMax} levels are taken.`;

/** From these alone X-Forwarded-For is believed: `request.ip` is then the client's address. */
export function trustProxies(adapter: AbstractHttpAdapter, proxies: readonly string[]): void {
  if (proxies.length > 0) adapter.getInstance<Express>().set('trust proxy', [...proxies]);
}

type Step = (request: Request, response: Response, next: NextFunction) => void;

/** For everything under /api, in order. */
export function door(callers: Callers, log: Log): readonly (Step | ErrorRequestHandler)[] {
  const whoCalls: Step = (request, response, next) => {
    response.setHeader('cache-control', 'no-store');
    identify(callers, request)
      .then((caller) => {
        setCaller(response, caller);
        next();
      })
      .catch(next);
  };
  const refuse: ErrorRequestHandler = (error, _request, response, _next) =>
    writeProblem(response, error, log);
  const flat: Step = (request, _response, next) =>
    next(tooDeep(request.body) ? new Refusal('invalid', nested) : undefined);
  return [whoCalls, ...parsers(), flat, refuse];
}

function parsers(): readonly Step[] {
  const large = [
    express.json({ limit: bodyMax }),
    express.text({ limit: bodyMax, type: ['text/plain', 'text/csv', 'application/yaml'] }),
  ];
  const lists = ['text/plain', 'text/csv', 'application/xml', 'text/xml'];
  const list = express.text({ limit: listBytesMax, type: lists });
  const small = express.json({ limit: strangerBodyMax });
  // Named so that Nest, which looks for the name, does not add its own parser of 100 KB in front.
  const jsonParser: Step = (request, response, next) =>
    (callerOf(response) ? (large[0] ?? small) : small)(request, response, next);
  const textParser: Step = (request, response, next) => {
    const parser = request.path === '/discoveries' ? list : large[1];
    return callerOf(response) ? parser?.(request, response, next) : next();
  };
  return [jsonParser, textParser];
}

const setCaller = (response: Response, caller: Caller | null): void => {
  response.locals['caller'] = caller;
};

export const callerOf = (response: Response): Caller | null =>
  (response.locals['caller'] as Caller | null | undefined) ?? null;
