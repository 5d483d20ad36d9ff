// What a process serves by HTTP: health, metrics, and with console its API and page. Nest is in here alone, and is loaded
// when it is needed.
import 'reflect-metadata';
import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Delivery } from '../bus/delivery.js';
import { DeliveryTransport } from '../bus/transport.js';
import { HEALTH, HealthController, type Health } from './health.js';
import type { Log } from './log.js';
import { nestLog } from './nest-log.js';
import { PARTS, type StoredParts, type StoredService } from './service.js';

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly log: Log;
  readonly health: Health;
  readonly stored: readonly {
    readonly service: StoredService;
    readonly parts: StoredParts;
    readonly delivery: Delivery;
  }[];
}

class HostModule {}
Module({})(HostModule);

/** Resolves when it listens; the deliveries start with its microservices. Rejects, closed, when it cannot. */
export async function openHttp({ host, port, log, health, stored }: HttpOptions): Promise<INestApplication> {
  const modules = stored.flatMap(({ service, parts }): DynamicModule[] => {
    if (!service.module) return [];
    const provider = { provide: PARTS, useValue: parts };
    return [{ module: service.module, providers: [provider], exports: [PARTS] }];
  });
  const root: DynamicModule = {
    module: HostModule,
    imports: modules,
    controllers: [HealthController],
    providers: [{ provide: HEALTH, useValue: health }],
  };
  const voice = { open: false };
  const app = await NestFactory.create<NestExpressApplication>(root, {
    logger: nestLog(log, voice),
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.connectMicroservice({ strategy: new DeliveryTransport(stored.map(({ delivery }) => delivery)) });
  await app.listen(port, host).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  voice.open = true;
  return app;
}
