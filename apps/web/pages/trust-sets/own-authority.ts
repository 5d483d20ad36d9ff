// What a trust set is to say of revocation where it holds Muster's own authority, as that told console.
import type { AuthorityShown, TrustSet } from '../../api/types.js';

export interface OwnRevocation {
  readonly revocation: TrustSet['revocation'];
  /** Its root is not Muster's own: whoever has that publishes the list that speaks for the issuing authority. */
  readonly rootElsewhere: boolean;
}

/** Null: they do not hold it, or it was not told where it publishes. */
export function ownRevocation(
  authorities: string,
  authority: AuthorityShown | undefined,
): OwnRevocation | null {
  const { chain, url } = authority ?? {};
  if (!chain || !url) return null;
  const own = certificatesIn(chain);
  const rootList = `${url}/root.crl`;
  const rootElsewhere = own.length > 1 && !own.some((certificate) => atob(certificate).includes(rootList));
  // A root elsewhere has issued for others, too, of whom Muster's lists say nothing.
  const telling = new Set(rootElsewhere ? own.slice(0, 1) : own);
  if (!certificatesIn(authorities).some((certificate) => telling.has(certificate))) return null;
  const crlUrls = [`${url}/issuing.crl`, ...(rootElsewhere ? [] : [rootList])];
  return { revocation: { policy: 'hard', crlUrls, ocspUrl: `${url}/ocsp` }, rootElsewhere };
}

/** DER in base64, each on one line, whatever the line length of the file was. */
const certificatesIn = (pem: string): string[] =>
  [...pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g)].map(
    ([, text = '']) => text.replaceAll(/\s/g, ''),
  );
