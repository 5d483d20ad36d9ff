// /health/live: the process runs. /health/ready: it can do its work now, or why not. /metrics: Prometheus' text.
import { Controller, Get, HttpStatus, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Telemetry } from './telemetry.js';

export const HEALTH = Symbol('health');

export interface Health {
  /** Why work cannot be done now; empty when it can. Liveness never depends on it. */
  problems(): readonly string[];
  readonly telemetry: Telemetry;
}

@Controller()
export class HealthController {
  constructor(@Inject(HEALTH) private readonly health: Health) {}

  @Get('health/live')
  live(): { readonly status: 'live' } {
    return { status: 'live' };
  }

  @Get('health/ready')
  ready(@Res() response: Response): void {
    const problems = this.health.problems();
    const ready = problems.length === 0;
    response
      .status(ready ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
      .json({ status: ready ? 'ready' : 'notReady', problems });
  }

  @Get('metrics')
  metrics(@Req() request: Request, @Res() response: Response): void {
    this.health.telemetry.metrics(request, response);
  }
}
