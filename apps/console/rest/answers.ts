// Which answer each route gives, for the description of the API. The controllers do not check with these; a test holds real
// answers against them.
import * as z from 'zod';
import { schemas, type AnswerName } from '#answers/answers';

/** What a route answers when all is well; routes that are not here answer what their description says. */
export const answers: Readonly<Record<string, AnswerName>> = {
  'get /api/overview': 'Overview',
  'get /api/status': 'Status',
  'get /api/devices': 'DeviceList',
  'get /api/devices/{id}': 'DeviceDetail',
  'get /api/devices/{id}/compliance': 'DeviceCompliance',
  'get /api/devices/{id}/policy': 'PolicyBody',
  'get /api/compliance': 'Compliance',
  'get /api/catalogue': 'SettingList',
  'get /api/devices/{id}/changes': 'ChangeList',
  'post /api/devices/{id}/assess': 'Asked',
  'post /api/devices/{id}/undo': 'Asked',
  'post /api/groups/{id}/assess': 'Asked',
  'post /api/groups/{id}/undo': 'Asked',
  'get /api/groups/{id}/dry-runs': 'DryRunList',
  'get /api/announcements': 'AnnouncementList',
  'get /api/announcements/refused': 'RefusalList',
  'get /api/quarantine': 'HeldDeviceList',
  'post /api/groups/preview': 'DeviceList',
  'get /api/settings': 'Settings',
  'put /api/settings': 'SettingsSaved',
  'get /api/tasks': 'TaskList',
  'get /api/serials': 'SerialList',
  'post /api/serials/import': 'SerialsAdded',
  'get /api/policies': 'PolicyList',
  'get /api/policies/{id}': 'Policy',
  'put /api/policies/{id}': 'Policy',
  'get /api/policies/{id}/diff': 'PolicyDifference',
  'post /api/policies/import': 'PolicyImported',
  'get /api/groups': 'GroupList',
  'get /api/groups/{id}': 'Group',
  'put /api/groups/{id}': 'Group',
  'get /api/schedules': 'ScheduleList',
  'get /api/schedules/{id}': 'Schedule',
  'put /api/schedules/{id}': 'Schedule',
  'post /api/schedules/{id}/run': 'RunAsked',
  'get /api/runs': 'RunList',
  'get /api/runs/{id}': 'Run',
  'post /api/runs/{id}/cancel': 'Run',
  'get /api/listeners': 'ListenerList',
  'get /api/listeners/{id}': 'ListenerDetail',
  'put /api/listeners/{id}': 'Listener',
  'get /api/licences': 'LicenceList',
  'get /api/trust-sets': 'TrustSetList',
  'get /api/trust-sets/{id}': 'TrustSet',
  'put /api/trust-sets/{id}': 'TrustSetSaved',
  'get /api/identities': 'IdentityList',
  'get /api/gateways': 'GatewayList',
  'get /api/certificates': 'CertificateList',
  'get /api/authority': 'Authority',
  'get /api/wishes': 'WishList',
  'get /api/wishes/{id}': 'Wish',
  'post /api/wishes': 'WishAsked',
  'get /api/credentials': 'CredentialList',
  'put /api/credentials': 'Credential',
  'post /api/credentials/rotate': 'CredentialsResealed',
  'get /api/deliveries': 'DeadDeliveryList',
  'get /api/deliveries/kinds': 'DeadKindList',
  'get /api/deliveries/{consumer}/{eventId}': 'DeadDeliveryDetail',
  'get /api/discoveries': 'DiscoveryList',
  'post /api/discoveries': 'DiscoveryAsked',
  'get /api/discoveries/{id}': 'Discovery',
  'get /api/discoveries/{id}/results': 'DiscoveryResultList',
  'post /api/discoveries/{id}/cancel': 'Discovery',
  'get /api/projection/rebuild': 'Rebuild',
  'post /api/session': 'Session',
  'get /api/session': 'Session',
  'get /api/users': 'UserList',
  'put /api/users/{name}': 'User',
  'get /api/tokens': 'TokenList',
  'get /api/audit': 'AuditList',
  'get /api/audit/{id}': 'AuditEntryWhole',
};

const placeOf = (name: string): string => `#/components/schemas/${name}`;

/** The schemas as OpenAPI has them, each referring to the others by name. */
export function components(): Record<string, object> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries<z.ZodType>(schemas)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, {
    io: 'input',
    target: 'openapi-3.0',
    unrepresentable: 'any',
    uri: placeOf,
  });
  const named = new Map<string, object>();
  for (const [name, { $id: _, $schema: __, ...schema }] of Object.entries(made.schemas))
    named.set(name, schema);
  return Object.fromEntries(named);
}

/** The answers of a route: what it says of itself, with the schema of what is in it, and a problem for all else. */
export function responsesOf(route: string, own: object): object {
  const name = answers[route];
  const described = Object.entries<object>({ ...own }).map(([status, response]): [string, object] => [
    status,
    name && /^20[02]$/.test(status)
      ? { description: 'Done', content: { 'application/json': { schema: { $ref: placeOf(name) } } } }
      : { ...response, description: 'Done' },
  ]);
  const schema = { $ref: placeOf('Problem') };
  const problem = { description: 'Refused', content: { 'application/problem+json': { schema } } };
  return { ...Object.fromEntries(described), default: problem };
}
