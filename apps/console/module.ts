// Console's part of the HTTP server: what every request passes, the controllers, the page.
import { Inject, Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PARTS, type StoredParts } from '#runtime/service';
import type { ConsoleConfig } from './config.js';
import { Assessing } from './assessing/assessing.js';
import { Credentials } from './credentials/credentials.js';
import { DeadDeliveries } from './deliveries/dead.js';
import { Discoveries } from './discoveries/discoveries.js';
import { Documents } from './documents/documents.js';
import { PolicyFiles } from './documents/policy-files.js';
import { Serials } from './documents/serials.js';
import { Feed } from './feed/feed.js';
import { door, headers, trustProxies } from './http/door.js';
import { page } from './http/page.js';
import { Compliance } from './projection/compliance.js';
import { Devices } from './projection/devices.js';
import { Quarantine } from './quarantine/quarantine.js';
import { AnnouncementsController } from './rest/announcements.js';
import { AsyncApiController } from './rest/asyncapi.js';
import { AuditController } from './rest/audit.js';
import { AuthorityController, CertificatesController } from './rest/certificates.js';
import { CredentialsController } from './rest/credentials.js';
import { ChangesController } from './rest/changes.js';
import { CatalogueController } from './rest/catalogue.js';
import { ComplianceController, DeviceComplianceController } from './rest/compliance.js';
import { DeliveriesController } from './rest/deliveries.js';
import { DevicesController } from './rest/devices.js';
import { DiscoveriesController } from './rest/discoveries.js';
import { EventsController } from './rest/events.js';
import { GroupsController } from './rest/groups.js';
import { GatewaysController, IdentitiesController } from './rest/identities.js';
import { LicencesController } from './rest/licences.js';
import { ListenersController } from './rest/listeners.js';
import { NowhereController } from './rest/nowhere.js';
import { OpenApiController } from './rest/openapi.js';
import { OverviewController } from './rest/overview.js';
import { PoliciesController } from './rest/policies.js';
import { ProjectionController } from './rest/projection.js';
import { QuarantineController } from './rest/quarantine.js';
import { RunsController, SchedulesController } from './rest/schedules.js';
import { SerialsController } from './rest/serials.js';
import { SessionController } from './rest/session.js';
import { SettingsController } from './rest/settings.js';
import { StatusController } from './rest/status.js';
import { TasksController } from './rest/tasks.js';
import { TokensController } from './rest/tokens.js';
import { TrustSetsController } from './rest/trust-sets.js';
import { UsersController } from './rest/users.js';
import { WishesController } from './rest/wishes.js';
import { Schedules } from './schedules/schedules.js';
import { Authority } from './trust/authority.js';
import { Identities } from './trust/identities.js';
import { Issued } from './trust/issued.js';
import { Wishes } from './trust/wishes.js';

/** `NowhereController` last: it answers what no other one does. */
export const controllers = [
  SessionController,
  OverviewController,
  StatusController,
  DevicesController,
  ChangesController,
  AnnouncementsController,
  QuarantineController,
  DiscoveriesController,
  EventsController,
  SettingsController,
  SerialsController,
  PoliciesController,
  GroupsController,
  SchedulesController,
  RunsController,
  ListenersController,
  LicencesController,
  TrustSetsController,
  IdentitiesController,
  GatewaysController,
  CertificatesController,
  AuthorityController,
  WishesController,
  CredentialsController,
  TasksController,
  CatalogueController,
  ComplianceController,
  DeviceComplianceController,
  DeliveriesController,
  ProjectionController,
  TokensController,
  UsersController,
  AuditController,
  OpenApiController,
  AsyncApiController,
  NowhereController,
];

const providers = [
  Documents,
  PolicyFiles,
  Serials,
  Devices,
  Compliance,
  Assessing,
  Schedules,
  Quarantine,
  Discoveries,
  DeadDeliveries,
  Feed,
  Identities,
  Issued,
  Authority,
  Wishes,
  Credentials,
];

@Module({ controllers, providers })
export class ConsoleModule {
  /** In the constructor: what is put before Nest's own body parser must be there before the application starts. */
  constructor(@Inject(PARTS) parts: StoredParts<ConsoleConfig>, { httpAdapter }: HttpAdapterHost) {
    trustProxies(httpAdapter, parts.config.trustedProxies);
    httpAdapter.use(headers(parts.config.secure));
    for (const step of door(parts, parts.log)) httpAdapter.use('/api', step);
    for (const step of page(parts.config.page)) httpAdapter.use(step);
  }
}
