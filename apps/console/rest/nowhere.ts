// Any other address under /api.
import { All } from '@nestjs/common';
import { ApiExcludeEndpoint } from '@nestjs/swagger';
import { Resource } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { Needs } from '../who/access.js';

@Resource('{*address}')
export class NowhereController {
  @All()
  @Needs('anyone')
  @ApiExcludeEndpoint()
  refuse(): never {
    throw new Refusal(
      'notFound',
      'There is nothing at this address. The API is described at /api/openapi.json.',
    );
  }
}
