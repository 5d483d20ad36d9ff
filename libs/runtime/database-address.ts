// Where the database is, and how it is proven.
import { ConfigError, type Config, type storeShape } from './config.js';
import { inClear } from './in-clear.js';

/** For openPostgres. Throws ConfigError when what is stored would cross a network in clear. */
export function databaseAddress(config: Config<typeof storeShape>) {
  const {
    MUSTER_DATABASE_URL: url,
    MUSTER_DATABASE_CA_FILE: authority,
    MUSTER_DATABASE_PASSWORD_FILE: password,
  } = config;
  if (authority === undefined && inClear(url))
    throw new ConfigError([
      'MUSTER_DATABASE_URL is no address of this machine, and without TLS its password could be read on the way: ' +
        'name the authority of its certificate in MUSTER_DATABASE_CA_FILE, or say sslmode=verify-full for a public one',
    ]);
  return { url, password, authority };
}
