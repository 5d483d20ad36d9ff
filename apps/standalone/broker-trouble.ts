// What keeps a command from the broker, in words that say what to mend.

interface Told {
  /** Looked for in the code and message of an error, and of what caused it. */
  readonly sign: RegExp;
  readonly sentence: string;
}

const account = 'MUSTER_AMQP_URL names the account, MUSTER_AMQP_PASSWORD_FILE the file with its password';

/** The first that fits is told. */
const table: readonly Told[] = [
  {
    sign: /Login was refused|ACCESS-REFUSED|with 401/i,
    sentence: `the broker knows no such name with this password: ${account}`,
  },
  {
    sign: /NOT_ALLOWED|ConnectionOpenOk/,
    sentence:
      'the account may not use this virtual host, or there is none of that name: it is the last part of MUSTER_AMQP_URL',
  },
  {
    sign: /ACCESS_REFUSED|with 403/,
    sentence: `the account may not do this: ${account}`,
  },
  {
    sign: /SELF_SIGNED_CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT_SIGNATURE_FAILURE/,
    sentence:
      "the broker's certificate is of an authority that is not known here: name its file with MUSTER_AMQP_CA_FILE",
  },
  {
    sign: /ERR_TLS_CERT_ALTNAME_INVALID/,
    sentence: "the broker's certificate is for another host name than the address says",
  },
  { sign: /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, sentence: "the broker's certificate is not valid now" },
  {
    sign: /ERR_SSL_|EPROTO|before secure TLS/,
    sentence: 'no TLS is spoken at this port: it may be one for amqp:// or http://, not amqps:// or https://',
  },
  {
    sign: /Socket closed abruptly|ECONNRESET|socket hang up|Expected HTTP|HPE_INVALID/,
    sentence:
      'the connection was cut as it began: the port may be one for TLS, amqps:// or https://, or of another program',
  },
  {
    sign: /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    sentence: 'no broker answers at this address',
  },
];

/** The sentence, with what was said in brackets; null: nothing that is known here. */
export function brokerTrouble(error: unknown): string | null {
  const signs = signsOf(error);
  const told = table.find(({ sign }) => sign.test(signs));
  if (!told) return null;
  const said = error instanceof Error && error.message !== '' ? error.message : signs;
  return `${told.sentence} (${said.trim().split('\n', 1)[0] ?? ''})`;
}

function signsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  const cause = error.cause === undefined ? '' : signsOf(error.cause);
  const within = error instanceof AggregateError ? error.errors.map(signsOf).join(' ') : '';
  return `${code} ${error.message} ${cause} ${within}`;
}
