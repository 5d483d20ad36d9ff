// The description of the bus, for integrators.
import { Get } from '@nestjs/common';
import { exchange } from '#bus/topology';
import { asyncApi } from '#events/async-api';
import { Resource } from '../http/resource.js';
import { Needs } from '../who/access.js';

@Resource('asyncapi.json')
export class AsyncApiController {
  #document: object | null = null;

  @Get()
  @Needs('anyone')
  read(): object {
    return (this.#document ??= asyncApi(exchange));
  }
}
