// What the dashboard shows, in the order in which an announcement goes: the edge, the bus, consumers, tasks, what failed,
// and the processes that do it. Write here, then: npm run dashboard
export interface Panel {
  readonly title: string;
  /** Shown at the panel's corner: what it says, and when to worry. */
  readonly about: string;
  /** Grafana's name of the unit. */
  readonly unit: 'short' | 'ops' | 'ms' | 's' | 'bytes' | 'percentunit';
  /** PromQL, and how each of its lines is named. */
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** By which rates are taken: Grafana fills it in. */
export const rateInterval = '$__rate_interval';

const rate = (metric: string): string => `rate(${metric}[${rateInterval}])`;
const line = (expr: string, legend: string) => ({ expr, legend });
const quantile = (q: number, histogram: string, by: readonly string[] = []): string =>
  `histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) (${rate(`${histogram}_bucket`)}))`;
const halfAndMost = (histogram: string) => [
  line(quantile(0.5, histogram), 'half'),
  line(quantile(0.99, histogram), '99 of 100'),
];

const edge: Row = {
  title: 'Edge: announcements of devices',
  panels: [
    {
      title: 'Announcements',
      about: 'Answers of all gateways. retry means that nothing was stored: the device comes again.',
      unit: 'ops',
      queries: [line(`sum by (result) (${rate('muster_gateway_announcements_total')})`, '{{result}}')],
    },
    {
      title: 'Sent away, by reason',
      about: 'Refused for good, or asked to come again.',
      unit: 'ops',
      queries: [
        line(
          `sum by (result, reason) (${rate('muster_gateway_announcements_total{result!="accepted"}')})`,
          '{{result}}: {{reason}}',
        ),
      ],
    },
    {
      title: 'Time to the acknowledge',
      about: 'From the first packet of a connection to the answer.',
      unit: 'ms',
      queries: halfAndMost('muster_gateway_announcement_duration'),
    },
    {
      title: 'Time to the end of the handshake',
      about: 'From the connection. Grows first in a storm: the gateways are out of processor time.',
      unit: 'ms',
      queries: halfAndMost('muster_gateway_handshake_duration'),
    },
    {
      title: 'In hand, and remembered',
      about:
        'Announcements that are not stored yet, of MUSTER_GATEWAY_UNCONFIRMED_MAX; sources that limits are kept for.',
      unit: 'short',
      queries: [
        line('sum(muster_gateway_unconfirmed)', 'not stored yet'),
        line('sum(muster_gateway_sources)', 'sources'),
      ],
    },
    {
      title: 'Connections',
      about: 'Open now, and closed before a line was read (no TLS, handshake failed, limits).',
      unit: 'short',
      queries: [
        line('sum(muster_gateway_connections)', 'open'),
        line(`sum by (reason) (${rate('muster_gateway_turned_away_total')})`, 'turned away/s: {{reason}}'),
      ],
    },
    {
      title: 'Spool',
      about: 'Accepted announcements that RabbitMQ has not taken yet. Not 0: the broker is, or was, away.',
      unit: 'short',
      queries: [line('muster_spool_announcements', '{{instance}}')],
    },
    {
      title: 'Spool: how full, how old',
      about: 'At 1 devices are sent away. The age is that of the oldest announcement, in seconds.',
      unit: 'short',
      queries: [
        line('muster_spool_bytes / muster_spool_bytes_max', 'full: {{instance}}'),
        line('muster_spool_oldest_age', 'age in s: {{instance}}'),
      ],
    },
  ],
};

const certificates: Row = {
  title: 'Certificates',
  panels: [
    {
      title: 'Certificates that end',
      about: 'With less than 31 days left, or none. The page Status names them.',
      unit: 'short',
      queries: [line('max by (kind) (muster_certificates_ending)', '{{kind}}')],
    },
    {
      title: 'Left of what gateways present',
      about: 'Until the certificate that devices are shown expires.',
      unit: 's',
      queries: [line('min by (instance) (muster_gateway_identity_remaining)', '{{instance}}')],
    },
    {
      title: 'Lists of revoked certificates',
      about: 'Until each is out of date. At 0, and hard: devices of that authority are refused.',
      unit: 's',
      queries: [line('min by (issuer) (muster_gateway_crl_remaining)', '{{issuer}}')],
    },
    {
      title: 'Certificates of devices that were taken',
      about:
        'By what was known of the revocation of each, and of its issuers. Not good, and taken: the trust set says soft.',
      unit: 'ops',
      queries: [
        line(`sum by (of, standing) (${rate('muster_gateway_revocation_total')})`, '{{of}}: {{standing}}'),
      ],
    },
  ],
};

const authority: Row = {
  title: 'Authority of your own: muster trust',
  panels: [
    {
      title: 'Lists that it publishes',
      about:
        'Until each ends. The issuing one is renewed by itself each 12 hours, the root’s by a person with its key.',
      unit: 's',
      queries: [line('min by (issuer) (muster_trust_list_remaining)', '{{issuer}}')],
    },
    {
      title: 'What of it ends',
      about: 'With less than 31 days left: authority and identities (muster), devices that did not renew.',
      unit: 'short',
      queries: [line('max by (of) (muster_trust_ending)', '{{of}}')],
    },
    {
      title: 'OCSP answers',
      about: 'By status. None at all, while gateways ask: they do not get there.',
      unit: 'ops',
      queries: [line(`sum by (status) (${rate('muster_trust_ocsp_total')})`, '{{status}}')],
    },
    {
      title: 'Enrolments',
      about: 'Certificates asked for by EST. refused: the log of muster trust says why.',
      unit: 'ops',
      queries: [line(`sum by (outcome) (${rate('muster_trust_enrolments_total')})`, '{{outcome}}')],
    },
  ],
};

const bus: Row = {
  title: 'Bus: queues, confirms, outboxes',
  panels: [
    {
      title: 'Events in queues',
      about: 'Published and not taken yet.',
      unit: 'short',
      queries: [line('max by (queue) (muster_queue_depth)', '{{queue}}')],
    },
    {
      title: 'Oldest event of each queue',
      about: 'How late each service is. Above 60 s something does not keep up.',
      unit: 's',
      queries: [line('max by (queue) (muster_queue_oldest_age)', '{{queue}}')],
    },
    {
      title: 'Confirms of RabbitMQ',
      about: 'From publishing to the confirm, of all processes.',
      unit: 'ms',
      queries: halfAndMost('muster_bus_confirm_duration'),
    },
    {
      title: 'Connection to RabbitMQ',
      about: 'connected: 1 is well. blocked: 0 is well; 1 means that its memory or disk runs short.',
      unit: 'short',
      queries: [
        line('min by (instance) (muster_bus_connected)', 'connected: {{instance}}'),
        line('max by (instance) (muster_bus_blocked)', 'blocked: {{instance}}'),
      ],
    },
    {
      title: 'Events in outboxes',
      about: 'Made and not confirmed yet.',
      unit: 'short',
      queries: [line('max by (service) (muster_outbox_waiting)', '{{service}}')],
    },
    {
      title: 'Oldest event of each outbox',
      about: 'Above 60 s a service cannot publish.',
      unit: 's',
      queries: [line('max by (service) (muster_outbox_oldest_age)', '{{service}}')],
    },
  ],
};

const consumers: Row = {
  title: 'Consumers: what is done with events',
  panels: [
    {
      title: 'Events handled',
      about: 'Effect committed.',
      unit: 'ops',
      queries: [line(`sum by (consumer) (${rate('muster_delivery_handled_total')})`, '{{consumer}}')],
    },
    {
      title: 'Events in a batch',
      about: 'Half of all batches are smaller. Near 200: the consumer works at its limit, and well.',
      unit: 'short',
      queries: [line(quantile(0.5, 'muster_delivery_batch_size', ['consumer']), '{{consumer}}')],
    },
    {
      title: 'Time of a batch',
      about: 'From claim to commit, 99 of 100.',
      unit: 'ms',
      queries: [line(quantile(0.99, 'muster_delivery_batch_duration', ['consumer']), '{{consumer}}')],
    },
    {
      title: 'Where the time goes',
      about:
        'Seconds of work per second, by part of a batch. load and save are the database, decide is ours.',
      unit: 'percentunit',
      queries: [
        line(
          `sum by (consumer, phase) (${rate('muster_delivery_phase_duration_sum')}) / 1000`,
          '{{consumer}} {{phase}}',
        ),
      ],
    },
  ],
};

const tasks: Row = {
  title: 'Tasks: work that talks to devices and listeners',
  panels: [
    {
      title: 'Running, of what may run',
      about: 'At the budget for long: more tasks come than its limit lets run.',
      unit: 'short',
      queries: [
        line('max by (budget) (muster_task_running)', '{{budget}}'),
        line('max by (budget) (muster_task_budget)', '{{budget}}: at most'),
      ],
    },
    {
      title: 'Waiting',
      about: 'Queued, or waiting for another try.',
      unit: 'short',
      queries: [line('max by (budget) (muster_task_queued)', '{{budget}}')],
    },
    {
      title: 'Time of a run',
      about: '99 of 100.',
      unit: 'ms',
      queries: [line(quantile(0.99, 'muster_task_duration', ['kind']), '{{kind}}')],
    },
    {
      title: 'How runs end',
      about: 'retried: failed, and tried again. failed: for the last time.',
      unit: 'ops',
      queries: [
        line(`sum by (kind, result) (${rate('muster_task_duration_count')})`, '{{kind}}: {{result}}'),
      ],
    },
  ],
};

const failed: Row = {
  title: 'What failed',
  panels: [
    {
      title: 'Dead deliveries',
      about: 'Wait for a person: mend the reason, then replay or drop them.',
      unit: 'short',
      queries: [line('max by (service) (muster_parked{state="dead"})', '{{service}}')],
    },
    {
      title: 'Parked deliveries',
      about: 'Failed, and tried again after 1, 10 and 60 s.',
      unit: 'short',
      queries: [line('max by (service) (muster_parked{state="waiting"})', '{{service}}')],
    },
    {
      title: 'Given up by RabbitMQ',
      about: 'In muster.dead, for the console to take: each ended its process again and again.',
      unit: 'short',
      queries: [line('max(muster_broker_dead)', 'messages')],
    },
  ],
};

const processes: Row = {
  title: 'Processes',
  panels: [
    {
      title: 'Ready',
      about: 'Instances that can do their work, by service.',
      unit: 'short',
      queries: [line('sum by (service) (muster_service_ready)', '{{service}}')],
    },
    {
      title: 'Event loop: late by',
      about: '99 of 100 turns. Above 0.5 s everything in that process waits.',
      unit: 's',
      queries: [line('nodejs_eventloop_delay_p99', '{{instance}}')],
    },
    {
      title: 'Event loop: busy',
      about: 'Near 1 the process has no time left: add an instance.',
      unit: 'percentunit',
      queries: [line('nodejs_eventloop_utilization', '{{instance}}')],
    },
    {
      title: 'Heap',
      about: 'Used, all spaces.',
      unit: 'bytes',
      queries: [line('sum by (instance) (v8js_memory_heap_used)', '{{instance}}')],
    },
    {
      title: 'Database connections',
      about: 'In use, and how many wait for one.',
      unit: 'short',
      queries: [
        line(
          'sum by (instance) (db_client_connection_count{db_client_connection_state="used"})',
          '{{instance}}',
        ),
        line('sum by (instance) (db_client_connection_pending_requests)', 'waiting: {{instance}}'),
      ],
    },
    {
      title: 'Database statements',
      about: '99 of 100 take less.',
      unit: 's',
      queries: [line(quantile(0.99, 'db_client_operation_duration', ['instance']), '{{instance}}')],
    },
  ],
};

export const rows: readonly Row[] = [edge, certificates, authority, bus, consumers, tasks, failed, processes];
