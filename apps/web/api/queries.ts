// What the pages ask of console. The first part of a key is what an event makes stale (see freshness.ts).
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { queryOf, read } from './client.js';
import { pathOf } from './writes.js';
import type {
  AnnouncementRow,
  AuditEntry,
  AuditEntryWhole,
  AuthorityShown,
  CatalogueEntry,
  ChangedTask,
  CredentialRow,
  DeadDelivery,
  DeadDeliveryDetail,
  DeadKind,
  DeadPage,
  DeviceDetail,
  DeviceRow,
  DiscoveryResultRow,
  DiscoveryRun,
  RunRow,
  ScheduleRow,
  Document,
  GatewayRow,
  Group,
  GroupDryRun,
  HeldDevice,
  HeldPage,
  IdentityRow,
  IssuedRow,
  LicenceRow,
  Listener,
  ListenerRow,
  Overview,
  Page,
  Policy,
  RefusalRow,
  SerialRow,
  Settings,
  Status,
  TaskRow,
  Token,
  TrustSetRow,
  User,
  WishKind,
  WishRow,
} from './types.js';

export interface DeviceQuery {
  readonly search?: string;
  readonly status?: string;
  readonly group?: string;
  readonly agent?: string;
  readonly flapping?: 'true';
  readonly limit?: number;
  readonly after?: string;
}

function useList<T, P = Page<T>>(
  name: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
) {
  return useQuery({
    queryKey: [name, query],
    queryFn: () => read<P>(`${name}${queryOf(query)}`),
    placeholderData: keepPreviousData,
  });
}

function useOne<T>(name: string, id: string): UseQueryResult<T> {
  return useQuery({ queryKey: [name, id], queryFn: () => read<T>(`${name}/${encodeURIComponent(id)}`) });
}

export const useOverview = () =>
  useQuery({ queryKey: ['overview'], queryFn: () => read<Overview>('overview') });
/** Asked again and again while it is shown: no event says that nothing was heard. */
export const useStatus = () =>
  useQuery({ queryKey: ['status'], queryFn: () => read<Status>('status'), refetchInterval: 5_000 });
/** How many things need a look: for the menu of every page, so less often. */
export const useTroubles = (): number =>
  useQuery({
    queryKey: ['status'],
    queryFn: () => read<Status>('status'),
    refetchInterval: 15_000,
    select: ({ troubles }) => troubles.length,
  }).data ?? 0;
export const useDevices = (query: DeviceQuery) => useList<DeviceRow>('devices', { ...query });
export const useDevice = (id: string) => useOne<DeviceDetail>('devices', id);
/** What Muster has changed on it, a few tasks at a time. */
export const useChanges = (id: string, after: string | undefined) =>
  useQuery({
    queryKey: ['changes', id, after],
    queryFn: () =>
      read<Page<ChangedTask>>(`${pathOf('devices', id, 'changes')}${queryOf({ limit: 10, after })}`),
    placeholderData: keepPreviousData,
  });
export const useAnnouncements = () => useList<AnnouncementRow>('announcements');
export const useRefusals = () =>
  useQuery({
    queryKey: ['refusals'],
    queryFn: () => read<Page<RefusalRow>>('announcements/refused'),
  });
export const useTasks = () => useList<TaskRow>('tasks', { limit: 50 });

export const usePolicies = () => useList<Document<Policy>>('policies');
export const usePolicy = (id: string) => useOne<Document<Policy>>('policies', id);
export const useGroups = () => useList<Document<Group>>('groups');
export const useGroup = (id: string) => useOne<Document<Group>>('groups', id);
export const useDryRuns = (id: string) =>
  useQuery({
    queryKey: ['dry-runs', id],
    queryFn: () => read<Page<GroupDryRun>>(`${pathOf('groups', id, 'dry-runs')}?limit=100`),
  });
export const useListeners = () => useList<ListenerRow>('listeners');
export const useListener = (id: string) => useOne<Document<Listener>>('listeners', id);

export const useTrustSets = () => useList<TrustSetRow>('trust-sets');
export const useTrustSet = (id: string) => useOne<TrustSetRow>('trust-sets', id);
/** Asked again and again while they are shown: gateways and the authority tell of themselves, by no event. */
const toldMs = 5_000;
export const useIdentities = () =>
  useQuery({
    queryKey: ['identities'],
    queryFn: () => read<Page<IdentityRow>>('identities'),
    refetchInterval: toldMs,
  });
export const useGateways = () =>
  useQuery({
    queryKey: ['gateways'],
    queryFn: () => read<Page<GatewayRow>>('gateways'),
    refetchInterval: toldMs,
  });
export const useAuthority = () =>
  useQuery({
    queryKey: ['authority'],
    queryFn: () => read<AuthorityShown>('authority'),
    refetchInterval: toldMs,
  });
/** The newest wishes of these kinds, or those before `after`; somebody looks on while one waits. */
const waitingMs = 1_000;
export const useWishes = (kinds: readonly WishKind[], after?: string) =>
  useQuery({
    queryKey: ['wishes', kinds, after],
    queryFn: () => read<Page<WishRow>>(`wishes${queryOf({ kind: kinds.join(','), limit: 20, after })}`),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      data?.items.some(({ state }) => state === 'asked') ? waitingMs : toldMs,
  });
export const useIssued = (query: Readonly<Record<string, string | number | undefined>>) =>
  useQuery({
    queryKey: ['certificates', query],
    queryFn: () => read<Page<IssuedRow>>(`certificates${queryOf(query)}`),
    placeholderData: keepPreviousData,
    refetchInterval: toldMs,
  });

export const useSchedules = () =>
  useQuery({ queryKey: ['schedules'], queryFn: () => read<Page<ScheduleRow>>('schedules') });
export const useRuns = () =>
  useQuery({ queryKey: ['runs'], queryFn: () => read<Page<RunRow>>(`runs${queryOf({ limit: 20 })}`) });

/** Told by events too, but not each part of a long list. */
const goesOn = ({ endedAt }: DiscoveryRun): boolean => endedAt === null;
export const useDiscoveries = (after: string | undefined) =>
  useQuery({
    queryKey: ['discoveries', after],
    queryFn: () => read<Page<DiscoveryRun>>(`discoveries${queryOf({ limit: 20, after })}`),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) => (data?.items.some(goesOn) ? waitingMs : false),
  });
export const useDiscovery = (id: string) =>
  useQuery({
    queryKey: ['discoveries', id, 'run'],
    queryFn: () => read<DiscoveryRun>(pathOf('discoveries', id)),
    refetchInterval: ({ state: { data } }) => (data && goesOn(data) ? waitingMs : false),
  });
export const useDiscoveryResults = (id: string, query: Readonly<Record<string, string | undefined>>) =>
  useQuery({
    queryKey: ['discoveries', id, 'results', query],
    queryFn: () =>
      read<Page<DiscoveryResultRow>>(
        `${pathOf('discoveries', id, 'results')}${queryOf({ ...query, limit: 50 })}`,
      ),
    placeholderData: keepPreviousData,
  });

/** The settings catalogue: as fixed as the build that serves it. */
export const useCatalogue = () =>
  useQuery({
    queryKey: ['catalogue'],
    queryFn: () => read<Page<CatalogueEntry>>('catalogue'),
    staleTime: Infinity,
  });

export const useSettings = () =>
  useQuery({ queryKey: ['settings'], queryFn: () => read<Document<Settings>>('settings') });

export const useSerials = (query: Readonly<Record<string, string | undefined>>) =>
  useList<SerialRow>('serials', { ...query, limit: 50 });
export const useLicences = () => useList<LicenceRow>('licences');
export const useDeliveries = (query: Readonly<Record<string, string | number | undefined>>) =>
  useList<DeadDelivery, DeadPage>('deliveries', query);
export const useDeadKinds = () =>
  useQuery({
    queryKey: ['deliveries', 'kinds'],
    queryFn: () => read<Page<DeadKind>>('deliveries/kinds'),
  });
/** Not among the lists that a decision makes stale: what was decided about is there no more. */
export const useDelivery = (consumer: string, eventId: string) =>
  useQuery({
    queryKey: ['delivery', consumer, eventId],
    staleTime: 0,
    queryFn: () => read<DeadDeliveryDetail>(pathOf('deliveries', consumer, encodeURIComponent(eventId))),
  });
export const useHeld = (query: Readonly<Record<string, string | number | undefined>>) =>
  useList<HeldDevice, HeldPage>('quarantine', query);
export const useCredentials = (query: Readonly<Record<string, string | undefined>>) =>
  useList<CredentialRow>('credentials', { ...query, limit: 50 });
export const useTokens = () => useList<Token>('tokens');
export const useUsers = () => useList<User>('users');
/** An entry of the audit log with each delivery or device it was about. */
export const useAuditEntry = (id: number, asked: boolean) =>
  useQuery({
    queryKey: ['audit', 'entry', id],
    enabled: asked,
    queryFn: () => read<AuditEntryWhole>(`audit/${id}`),
  });
export const useAudit = (after: string | undefined) => useList<AuditEntry>('audit', { after, limit: 50 });
