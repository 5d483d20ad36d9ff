// The description of this API, made from the controllers and the schemas they check with.
//
//   session.ts     who is signed in          users.ts    operators          tokens.ts     programs
//   settings.ts    policies.ts, groups.ts, listeners.ts, licences.ts, serials.ts, trust-sets.ts: documents that operators write
//   schedules.ts   assessments that come by themselves, and their runs
//   catalogue.ts   what a policy can ask for   compliance.ts  how far devices are from it
//   overview.ts    figures                   devices.ts  list and one       tasks.ts      work going on now
//   changes.ts     what Muster changed on a device, and how it is put back
//   quarantine.ts  devices that wait for approval            discoveries.ts  devices looked for
//   announcements.ts  the latest of them     events.ts   the event stream   audit.ts      who wrote what
//   identities.ts  what gateways can present  certificates.ts  what Muster's own authority issued
//   wishes.ts      what is wanted of it      credentials.ts  what opens devices, never shown
//   status.ts      how each process fares    deliveries.ts  dead letters    projection.ts devices shown anew
//   openapi.ts     the description of all this, with answers.ts; asyncapi.ts: of the bus; nowhere.ts: any other address
import { Get, type INestApplication } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { Resource } from '../http/resource.js';
import { components, responsesOf } from './answers.js';
import { Needs } from '../who/access.js';
import { cookieName } from '../who/caller.js';

@Resource('openapi.json')
export class OpenApiController {
  #document: OpenAPIObject | null = null;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly host: HttpAdapterHost,
  ) {}

  @Get()
  @Needs('anyone')
  read(): OpenAPIObject {
    return (this.#document ??= describe(this.modules, this.host));
  }
}

function describe(modules: ModulesContainer, { httpAdapter }: HttpAdapterHost): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('Muster')
    .setDescription(
      "Operators' API. Errors are application/problem+json. Writes by cookie need the header `X-Muster: 1`. " +
        'Lists answer {items, total, next}; `next` goes into `after`.',
    )
    .setVersion('1')
    .addCookieAuth(cookieName)
    .addSecurity('bearer', { type: 'http', scheme: 'bearer' })
    .addSecurityRequirements('cookie')
    .addSecurityRequirements('bearer')
    .build();
  // All that the scanner asks of an application. A module has no way to its own one.
  const application = {
    container: { getModules: () => modules, isGlobalModule: () => false },
    config: new ApplicationConfig(),
    getHttpAdapter: () => httpAdapter,
  } as unknown as INestApplication;
  const { paths, ...document } = SwaggerModule.createDocument(application, about);
  const own = Object.entries(paths).filter(([path]) => path.startsWith('/api/'));
  const schemas = { ...document.components?.schemas, ...components() };
  return {
    ...document,
    components: { ...document.components, schemas },
    paths: Object.fromEntries(own.map(([path, item]) => [path, withAnswers(path, item)])),
  };
}

function withAnswers(path: string, item: object): object {
  return Object.fromEntries(
    Object.entries<{ readonly responses: object }>({ ...item }).map(([method, operation]) => [
      method,
      { ...operation, responses: responsesOf(`${method} ${path}`, operation.responses) },
    ]),
  );
}
