import { describe, expect, it } from 'vitest';
import { brokerUrls } from './broker-urls.js';
import { ConfigError } from './config.js';
import { databaseAddress } from './database-address.js';

const broker = (...urls: readonly string[]) => brokerUrls({ MUSTER_AMQP_URL: urls });
const database = (url: string, authority?: string) =>
  databaseAddress({
    MUSTER_DATABASE_URL: url,
    MUSTER_DATABASE_CA_FILE: authority,
    MUSTER_DATABASE_PASSWORD_FILE: undefined,
    MUSTER_DATABASE_POOL_MAX: 10,
  });

describe('a password', () => {
  it.each([
    'amqps://a@rabbitmq:5671/muster',
    'amqp://a@127.0.0.1/muster',
    'amqp://a@[::1]/',
    'amqp://a@localhost',
  ])('may go to the broker at %s', (url) => expect(broker(url)).toEqual([url]));

  it.each([
    'amqp://a@rabbitmq:5672/muster',
    'amqp://a@10.9.9.9',
    'amqp://a@127.0.0.1.example',
    'amqp://a@[fd00::1]',
  ])('does not go to the broker at %s', (url) =>
    expect(() => broker('amqps://a@rabbitmq', url)).toThrow(ConfigError),
  );

  it.each([
    ['postgres://a@127.0.0.1:5432/muster', undefined],
    ['postgres://a@db:5432/muster?sslmode=verify-full', undefined],
    ['postgres://a@db:5432/muster', 'PEM'],
  ])('may go to the database at %s with %s', (url, authority) => {
    expect(database(url, authority)).toMatchObject({ url, authority });
  });

  it.each([
    'postgres://a@db/muster',
    'postgres://a@db/muster?sslmode=prefer',
    'postgres://a@10.9.9.9/muster',
  ])('does not go to the database at %s', (url) =>
    expect(() => database(url)).toThrow(/MUSTER_DATABASE_CA_FILE/),
  );
});
