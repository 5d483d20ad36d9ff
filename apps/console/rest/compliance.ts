// How far devices are from what their policies require: all, a group, one.
import { Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import * as z from 'zod';
import { slug } from '#events/document';
import { Assessing } from '../assessing/assessing.js';
import { Resource } from '../http/resource.js';
import { Compliance } from '../projection/compliance.js';
import { Needs, Who } from '../who/access.js';
import type { Caller } from '../who/caller.js';

const query = z.object({ group: slug.optional() });
const deviceId = z.uuid();

@Resource('compliance')
export class ComplianceController {
  constructor(private readonly compliance: Compliance) {}

  /** Mean score of all devices or of a group, and for each row of the baselines how many devices it holds for. */
  @Get()
  @Needs('viewer')
  read(@Query({ schema: query }) { group }: z.infer<typeof query>) {
    return this.compliance.ofGroup(group ?? null);
  }
}

@Resource('devices')
export class DeviceComplianceController {
  constructor(
    private readonly compliance: Compliance,
    private readonly assessing: Assessing,
  ) {}

  /** Its score, and each row of the baselines with the settings that answer it. */
  @Get(':id/compliance')
  @Needs('viewer')
  ofDevice(@Param('id', { schema: deviceId }) id: string) {
    return this.compliance.ofDevice(id);
  }

  /** What it said when it was last asked for all its settings, as a policy for others; 409 where it could not be read. */
  @Get(':id/policy')
  @Needs('viewer')
  policyOf(@Param('id', { schema: deviceId }) id: string) {
    return this.compliance.policyOf(id);
  }

  /** Asks the device for all its settings now; `lastReadOut` of the device tells when it has answered, or why it has not. */
  @Post(':id/policy')
  @HttpCode(202)
  @Needs('operator')
  async readAll(@Param('id', { schema: deviceId }) id: string, @Who() caller: Caller): Promise<object> {
    await this.assessing.readAll(id, caller);
    return {};
  }
}
