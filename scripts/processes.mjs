// Every process of a distributed Muster, as data: npm run services starts these, and a test holds docker-compose.yml and
// the Helm chart to them.

/** What all processes read the same way; a service's name is its account and the name of its password file. */
export const everywhere = [
  'MUSTER_AMQP_URL',
  'MUSTER_AMQP_PASSWORD_FILE',
  'MUSTER_AMQP_CA_FILE',
  'MUSTER_HTTP_PORT',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
];
export const withDatabase = [
  'MUSTER_DATABASE_URL',
  'MUSTER_DATABASE_PASSWORD_FILE',
  'MUSTER_DATABASE_CA_FILE',
];

/**
 * @typedef {object} Process
 * @property {string} name service, account, schema and role
 * @property {boolean} database false for the gateway: it has none
 * @property {'announce' | 'http' | null} published the one port that is open to the outside
 * @property {string[]} folders environment variables that name a folder or file of its own, kept over restarts
 * @property {string[]} secrets environment variables that name a secret file, besides passwords of bus and database
 */

/** @type {readonly Process[]} */
export const processes = [
  {
    name: 'console',
    database: true,
    published: 'http',
    folders: [],
    secrets: ['MUSTER_ADMIN_PASSWORD_FILE', 'MUSTER_CREDENTIALS_KEY_FILE'],
  },
  { name: 'discovery', database: true, published: null, folders: [], secrets: [] },
  { name: 'licensing', database: true, published: null, folders: [], secrets: [] },
  { name: 'autogroup', database: true, published: null, folders: [], secrets: [] },
  {
    name: 'assessment',
    database: true,
    published: null,
    folders: [],
    secrets: ['MUSTER_CREDENTIALS_KEY_FILE'],
  },
  { name: 'forwarding', database: true, published: null, folders: [], secrets: [] },
  {
    name: 'gateway',
    database: false,
    published: 'announce',
    folders: [
      'MUSTER_GATEWAY_IDENTITY_DIR',
      'MUSTER_GATEWAY_SPOOL_DIR',
      'MUSTER_GATEWAY_CRL_DIR',
      'MUSTER_GATEWAY_CRL_CACHE_DIR',
      'MUSTER_EDGE_CACHE_FILE',
    ],
    secrets: [],
  },
];

/** Program of a process. */
export const entryOf = (name) => `dist/apps/${name}/main.js`;

/** What is run by hand, beside the services. */
export const tools = {
  integrator: 'dist/apps/standalone/integrator.js',
  look: 'dist/apps/look/main.js',
  ca: 'dist/apps/trust/ca.js',
  trust: 'dist/apps/trust/main.js',
};

/** Steps that run before the services, once per version. */
export const steps = {
  topology: 'dist/apps/standalone/topology.js',
  migrate: 'dist/apps/standalone/migrate.js',
};
