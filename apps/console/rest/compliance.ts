// How far devices are from what their policies require: all, a group, one.
import { Get, Param, Query } from '@nestjs/common';
import * as z from 'zod';
import { slug } from '#events/document';
import { Resource } from '../http/resource.js';
import { Compliance } from '../projection/compliance.js';
import { Needs } from '../who/access.js';

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
  constructor(private readonly compliance: Compliance) {}

  /** Its score, and each row of the baselines with the settings that answer it. */
  @Get(':id/compliance')
  @Needs('viewer')
  ofDevice(@Param('id', { schema: deviceId }) id: string) {
    return this.compliance.ofDevice(id);
  }

  /** What its last assessment read, as a policy for others: of those settings that its policies named. */
  @Get(':id/policy')
  @Needs('viewer')
  policyOf(@Param('id', { schema: deviceId }) id: string) {
    return this.compliance.policyOf(id);
  }
}
