// The pages and their addresses.
import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { Access } from './pages/access/access.js';
import { Approval } from './pages/approval/approval.js';
import { readHeldSearch } from './pages/approval/search.js';
import { Certificates } from './pages/certificates/certificates.js';
import { readIssuedSearch } from './pages/certificates/search.js';
import { Deliveries } from './pages/deliveries/deliveries.js';
import { DeliveryPage } from './pages/deliveries/delivery.js';
import { readDeadSearch } from './pages/deliveries/search.js';
import { Credentials } from './pages/credentials/credentials.js';
import { DevicePage } from './pages/device/device.js';
import { Devices } from './pages/devices/devices.js';
import { readDeviceSearch } from './pages/devices/search.js';
import { GroupPage, NewGroup } from './pages/groups/group.js';
import { Discovery } from './pages/discovery/discovery.js';
import { DiscoveryPage } from './pages/discovery/run.js';
import { Groups } from './pages/groups/groups.js';
import { Identities } from './pages/identities/identities.js';
import { Licences } from './pages/licences/licences.js';
import { ListenerPage, NewListener } from './pages/listeners/listener.js';
import { Listeners } from './pages/listeners/listeners.js';
import { Live } from './pages/live/live.js';
import { OverviewPage } from './pages/overview/overview.js';
import { NewPolicy, PolicyPage } from './pages/policies/policy.js';
import { Policies } from './pages/policies/policies.js';
import { Schedules } from './pages/schedules/schedules.js';
import { Serials } from './pages/serials/serials.js';
import { SettingsPage } from './pages/settings/settings.js';
import { StatusPage } from './pages/status/status.js';
import { Tasks } from './pages/tasks/tasks.js';
import { NewTrustSet, TrustSetPage } from './pages/trust-sets/trust-set.js';
import { TrustSets } from './pages/trust-sets/trust-sets.js';
import { Crashed, NotFound } from './shell/lost.js';
import { Shell } from './shell/shell.js';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: Crashed });
const at = <const Path extends string>(path: Path, component: () => React.ReactNode) =>
  createRoute({ getParentRoute: () => root, path, component });

const devices = createRoute({
  getParentRoute: () => root,
  path: '/devices',
  component: Devices,
  validateSearch: readDeviceSearch,
});

const deliveries = createRoute({
  getParentRoute: () => root,
  path: '/deliveries',
  component: Deliveries,
  validateSearch: readDeadSearch,
});

const approval = createRoute({
  getParentRoute: () => root,
  path: '/approval',
  component: Approval,
  validateSearch: readHeldSearch,
});

const certificates = createRoute({
  getParentRoute: () => root,
  path: '/certificates',
  component: Certificates,
  validateSearch: readIssuedSearch,
});

const routeTree = root.addChildren([
  at('/', OverviewPage),
  devices,
  approval,
  at('/devices/$id', DevicePage),
  at('/discovery', Discovery),
  at('/discovery/$id', DiscoveryPage),
  at('/live', Live),
  at('/tasks', Tasks),
  at('/schedules', Schedules),
  at('/policies', Policies),
  at('/policies/new', NewPolicy),
  at('/policies/$id', PolicyPage),
  at('/groups', Groups),
  at('/groups/new', NewGroup),
  at('/groups/$id', GroupPage),
  at('/listeners', Listeners),
  at('/listeners/new', NewListener),
  at('/listeners/$id', ListenerPage),
  at('/serials', Serials),
  at('/licences', Licences),
  at('/trust-sets', TrustSets),
  at('/trust-sets/new', NewTrustSet),
  at('/trust-sets/$id', TrustSetPage),
  at('/identities', Identities),
  at('/credentials', Credentials),
  certificates,
  at('/settings', SettingsPage),
  at('/status', StatusPage),
  deliveries,
  at('/deliveries/$consumer/$eventId', DeliveryPage),
  at('/access', Access),
]);

export const router = createRouter({ routeTree, scrollRestoration: true, defaultErrorComponent: Crashed });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
