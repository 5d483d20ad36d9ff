import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { expect, test } from 'vitest';
import { DeliveryTransport } from './transport.js';

class Empty {}
Module({})(Empty);

function recorded() {
  const calls: string[] = [];
  return {
    calls,
    start: () => Promise.resolve(void calls.push('start')),
    stop: () => Promise.resolve(void calls.push('stop')),
  };
}

test('deliveries start with the application and are drained when it closes', async () => {
  const deliveries = [recorded(), recorded()];
  const app = await NestFactory.create(Empty, { logger: false });
  app.connectMicroservice<MicroserviceOptions>({ strategy: new DeliveryTransport(deliveries) });
  await app.startAllMicroservices();
  expect(deliveries.map(({ calls }) => calls)).toEqual([['start'], ['start']]);
  await app.close();
  expect(deliveries.map(({ calls }) => calls)).toEqual([
    ['start', 'stop'],
    ['start', 'stop'],
  ]);
});

test('an application whose deliveries cannot start does not start', async () => {
  const failing = { ...recorded(), start: () => Promise.reject(new Error('no queue')) };
  const app = await NestFactory.create(Empty, { logger: false });
  app.connectMicroservice<MicroserviceOptions>({ strategy: new DeliveryTransport([failing]) });
  await expect(app.startAllMicroservices()).rejects.toThrow('no queue');
  await app.close();
});
