// Errors as application/problem+json (RFC 9457). What went wrong inside is logged, never shown.
import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import type { Log } from '#runtime/log';
import { PARTS, type Parts } from '#runtime/service';
import { unavailable } from '#store/failure';
import { Refusal, type Fault, type RefusalCode } from '../refusal.js';

export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly faults?: readonly Fault[];
}

const refusals: Readonly<Record<RefusalCode, readonly [status: number, title: string]>> = {
  invalid: [400, 'Not accepted'],
  unauthenticated: [401, 'Not signed in'],
  forbidden: [403, 'Not allowed'],
  notFound: [404, 'Not found'],
  stale: [409, 'Changed by somebody else'],
  exists: [409, 'There already'],
  inUse: [409, 'In use'],
  outsideNetworks: [409, 'Outside the device networks'],
  tooLate: [409, 'Decided too late'],
  nothingToStop: [409, 'Nothing to stop'],
  notReached: [409, 'Not reached'],
  tooMany: [429, 'Too many tries'],
  busy: [503, 'Not ready'],
};

/** Faults listed in an answer at most; `detail` tells how many there are. Of lines of an import, all are. */
const faultsMax = 100;
const lineFaultsMax = 100_000;

export function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) {
    const [status, title] = refusals[error.code];
    const lines = error.faults.every(({ line }) => line !== undefined);
    const faults = error.faults.slice(0, lines ? lineFaultsMax : faultsMax);
    return { title, status, detail: error.message, ...(faults.length > 0 ? { faults } : {}) };
  }
  if (unavailable(error)) {
    return {
      title: 'Not ready',
      status: 503,
      detail: 'The database cannot be used now. Try again in a moment.',
    };
  }
  if (error instanceof RangeError) {
    return { title: 'Not accepted', status: 400, detail: 'What was sent is nested too deeply.' };
  }
  return ofHttp(error) ?? { title: 'Internal error', status: 500, detail: "The cause is in console's log." };
}

/** What Nest and the body parsers throw: their 4xx texts are about the request. */
function ofHttp(error: unknown): Problem | null {
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return status < 500 ? { title: 'Not accepted', status, detail: error.message } : null;
  }
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return null;
  const { status, message } = error;
  if (status === 413) return { title: 'Too large', status, detail: 'More was sent than is taken at a time.' };
  return status >= 400 && status < 500 ? { title: 'Not accepted', status, detail: message } : null;
}

export function writeProblem(response: Response, error: unknown, log: Log): void {
  const problem = problemOf(error);
  if (problem.status === 500) log.error({ error, url: response.req.path }, 'A request failed');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

@Catch()
export class Problems implements ExceptionFilter {
  constructor(@Inject(PARTS) private readonly parts: Parts) {}

  catch(error: unknown, host: ArgumentsHost): void {
    writeProblem(host.switchToHttp().getResponse<Response>(), error, this.parts.log);
  }
}
