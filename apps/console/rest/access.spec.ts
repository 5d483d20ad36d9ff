// Which role may call what: every route there is, with every role.
import { RequestMethod } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controllers } from '../module.js';
import { answers } from './answers.js';
import { schemas } from '../../../libs/answers/answers.js';
import { databases, Trial } from '../../../test/support/console.js';
import { suffices } from '../who/caller.js';
import { tokenRoles, type TokenRole } from '../../../libs/answers/access.js';

const id = '0193f2a0-0000-7000-8000-000000000001';

/** What they ask for is done after they were answered. */
const asksForLater: ReadonlySet<string> = new Set([
  'post /api/wishes',
  'post /api/discoveries',
  'post /api/discoveries/{id}/cancel',
  'post /api/schedules/{id}/run',
  'post /api/runs/{id}/cancel',
  'post /api/devices/{id}/assess',
  'post /api/devices/{id}/undo',
  'post /api/groups/{id}/assess',
  'post /api/groups/{id}/undo',
]);

const table: Readonly<Record<string, TokenRole | 'anyone'>> = {
  'POST api/session': 'anyone',
  'GET api/session': 'viewer',
  'DELETE api/session': 'viewer',
  'PUT api/session/password': 'viewer',
  'GET api/overview': 'viewer',
  'GET api/status': 'viewer',
  'GET api/devices': 'viewer',
  'GET api/devices/:id': 'viewer',
  'GET api/devices/:id/compliance': 'viewer',
  'GET api/devices/:id/policy': 'viewer',
  'POST api/devices/:id/policy': 'operator',
  'DELETE api/devices/:id': 'operator',
  'POST api/devices/:id/assess': 'operator',
  'POST api/devices/:id/conflict': 'operator',
  'POST api/devices/:id/vouch': 'operator',
  'GET api/devices/:id/changes': 'viewer',
  'POST api/devices/:id/undo': 'operator',
  'POST api/devices/:id/cancel': 'operator',
  'GET api/quarantine': 'viewer',
  'POST api/quarantine': 'operator',
  'GET api/discoveries': 'viewer',
  'POST api/discoveries': 'operator',
  'GET api/discoveries/:id': 'viewer',
  'GET api/discoveries/:id/results': 'viewer',
  'POST api/discoveries/:id/cancel': 'operator',
  'GET api/announcements': 'viewer',
  'GET api/announcements/refused': 'viewer',
  'GET api/events': 'viewer',
  'GET api/settings': 'viewer',
  'GET api/settings/versions': 'viewer',
  'PUT api/settings': 'admin',
  'GET api/serials': 'viewer',
  'GET api/serials/export': 'viewer',
  'POST api/serials': 'operator',
  'POST api/serials/import': 'operator',
  'DELETE api/serials/:serial': 'operator',
  'GET api/policies': 'viewer',
  'GET api/policies/:id': 'viewer',
  'PUT api/policies/:id': 'operator',
  'GET api/policies/:id/versions': 'viewer',
  'GET api/policies/:id/diff': 'viewer',
  'GET api/policies/:id/yaml': 'viewer',
  'POST api/policies/import': 'operator',
  'DELETE api/policies/:id': 'operator',
  'GET api/groups': 'viewer',
  'GET api/groups/:id': 'viewer',
  'PUT api/groups/:id': 'operator',
  'GET api/groups/:id/versions': 'viewer',
  'DELETE api/groups/:id': 'operator',
  'POST api/groups/preview': 'viewer',
  'POST api/groups/:id/assess': 'operator',
  'POST api/groups/:id/undo': 'operator',
  'POST api/groups/:id/cancel': 'operator',
  'GET api/groups/:id/dry-runs': 'viewer',
  'GET api/credentials': 'viewer',
  'PUT api/credentials': 'admin',
  'POST api/credentials/rotate': 'admin',
  'DELETE api/credentials': 'admin',
  'GET api/schedules': 'viewer',
  'GET api/schedules/:id': 'viewer',
  'GET api/schedules/:id/versions': 'viewer',
  'PUT api/schedules/:id': 'operator',
  'DELETE api/schedules/:id': 'operator',
  'POST api/schedules/:id/run': 'operator',
  'GET api/runs': 'viewer',
  'GET api/runs/:id': 'viewer',
  'POST api/runs/:id/cancel': 'operator',
  'GET api/listeners': 'viewer',
  'GET api/listeners/:id': 'viewer',
  'PUT api/listeners/:id': 'operator',
  'GET api/listeners/:id/versions': 'viewer',
  'DELETE api/listeners/:id': 'operator',
  'GET api/licences': 'viewer',
  'POST api/licences': 'admin',
  'GET api/licences/:id/versions': 'viewer',
  'DELETE api/licences/:id': 'admin',
  'GET api/trust-sets': 'viewer',
  'GET api/trust-sets/:id': 'viewer',
  'PUT api/trust-sets/:id': 'admin',
  'GET api/trust-sets/:id/versions': 'viewer',
  'DELETE api/trust-sets/:id': 'admin',
  'GET api/identities': 'viewer',
  'PUT api/identities/:name': 'admin',
  'DELETE api/identities/:name': 'admin',
  'GET api/gateways': 'viewer',
  'GET api/certificates': 'viewer',
  'POST api/certificates/:serial/revoke': 'admin',
  'GET api/authority': 'viewer',
  'POST api/authority': 'trust',
  'DELETE api/authority': 'admin',
  'GET api/wishes': 'viewer',
  'GET api/wishes/:id': 'viewer',
  'POST api/wishes': 'admin',
  'GET api/tasks': 'viewer',
  'GET api/catalogue': 'viewer',
  'GET api/compliance': 'viewer',
  'GET api/deliveries': 'viewer',
  'GET api/deliveries/kinds': 'viewer',
  'GET api/deliveries/:consumer/:eventId': 'viewer',
  'POST api/deliveries': 'operator',
  'POST api/deliveries/:consumer/:eventId': 'operator',
  'GET api/projection/rebuild': 'viewer',
  'POST api/projection/rebuild': 'admin',
  'GET api/tokens': 'admin',
  'POST api/tokens': 'admin',
  'DELETE api/tokens/:id': 'admin',
  'GET api/users': 'admin',
  'POST api/users': 'admin',
  'PUT api/users/:name': 'admin',
  'DELETE api/users/:name': 'admin',
  'GET api/audit': 'admin',
  'GET api/audit/:id': 'admin',
  'GET api/openapi.json': 'anyone',
  'GET api/asyncapi.json': 'anyone',
  'ALL api/{*address}': 'anyone',
};

const routes = controllers.flatMap((controller) => {
  const base: unknown = Reflect.getMetadata('path', controller);
  const handlers = Object.getOwnPropertyNames(controller.prototype).map(
    (name): unknown => Object.getOwnPropertyDescriptor(controller.prototype, name)?.value,
  );
  return handlers.flatMap((handler) => {
    if (typeof handler !== 'function' || !Reflect.hasMetadata('method', handler)) return [];
    const method = RequestMethod[Number(Reflect.getMetadata('method', handler))];
    const path = String(Reflect.getMetadata('path', handler)).replace(/^\/$/, '');
    return [`${method} ${String(base)}${path === '' ? '' : `/${path}`}`];
  });
});

it('every route is in the table, and nothing else', () => {
  expect(routes.toSorted()).toEqual(Object.keys(table).toSorted());
});

describe.each(databases)('roles on $name', ({ open }) => {
  let trial: Trial;
  const tokens = new Map<TokenRole, string>();
  beforeAll(async () => {
    trial = await Trial.start(await open());
    for (const role of tokenRoles) tokens.set(role, await trial.token(role));
  });
  afterAll(() => trial.stop());

  const statusOf = async (route: string, token: string | undefined): Promise<number> => {
    const [method = '', path = ''] = route.split(' ');
    const address = path
      .replace(':eventId', id)
      .replace(':id', /devices|tokens/.test(path) ? id : 'nothing')
      .replace(/:\w+/, 'NOTHING');
    const leaving = new AbortController();
    const response = await fetch(`${trial.host.url}/${address}`, {
      method,
      signal: leaving.signal,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    leaving.abort();
    return response.status;
  };

  it.each(Object.entries(table).filter(([, need]) => need !== 'anyone'))(
    '%s needs %s',
    async (route, need) => {
      expect(await statusOf(route, undefined), 'nobody').toBe(401);
      expect(await statusOf(route, `mst_${'A'.repeat(43)}`), 'an unknown token').toBe(401);
      for (const role of tokenRoles) {
        const status = await statusOf(route, tokens.get(role));
        // Good, or refused for what was (not) sent: allowed either way.
        if (suffices(role, need === 'anyone' ? 'viewer' : need))
          expect([200, 202, 204, 400, 404, 409], role).toContain(status);
        else expect(status, role).toBe(403);
      }
    },
  );

  it.each(Object.entries(answers).filter(([route]) => /^get [^{]*$/.test(route)))(
    '%s answers as described: %s',
    async (route, name) => {
      const { body } = await trial.ask('GET', route.replace('get ', ''), {
        token: tokens.get('admin') ?? '',
      });
      expect(schemas[name].safeParse(body).error).toBeUndefined();
    },
  );

  it('answers an unknown address with a problem, signed in or not', async () => {
    const { status, headers, body } = await trial.ask('GET', '/api/nothing/here');
    expect([status, headers.get('content-type')]).toEqual([404, 'application/problem+json; charset=utf-8']);
    expect(body.detail).toContain('/api/openapi.json');
  });

  it('describes the bus in AsyncAPI', async () => {
    const { status, body } = await trial.ask('GET', '/api/asyncapi.json');
    expect([status, body.asyncapi]).toEqual([200, '3.0.0']);
    expect(Object.keys(body.channels)).toContain('device.grouped');
  });

  it('describes every route but the catch-all in OpenAPI', async () => {
    const { body } = await trial.ask('GET', '/api/openapi.json');
    const described = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.slice(1).replaceAll(/\{(\w+)\}/g, ':$1')}`,
      ),
    );
    expect(described.toSorted()).toEqual(routes.filter((route) => !route.startsWith('ALL')).toSorted());
    const text = JSON.stringify(body);
    expect(text).toContain('acceptAnnouncements');
    for (const odd of ['JWT', '__schema']) expect(text.includes(odd), odd).toBe(false);
    const named = new Set(Object.keys(body.components.schemas));
    const used = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, place]) => place);
    expect(used.filter((place) => !named.has(place?.replace('#/components/schemas/', '') ?? ''))).toEqual([]);
    for (const [route, name] of Object.entries(answers)) {
      const [method = '', path = ''] = route.split(' ');
      const place = expect.stringMatching(new RegExp(`/${name}$`));
      const good = asksForLater.has(route) ? '202' : '200';
      expect(body.paths[path]).toMatchObject({
        [method]: {
          responses: { [good]: { content: { 'application/json': { schema: { $ref: place } } } } },
        },
      });
    }
  });
});
