import type { AuthorityShown } from '../../api/types.js';
import { Until, When } from '../../parts/when.js';
import { useIsAdmin } from '../../shell/session.js';
import { Publish } from '../wishes/publish.js';
import { Gone } from './gone.js';

/** What others are told to trust, and where it is published who was revoked. */
export function AuthorityCard({ authority }: { readonly authority: AuthorityShown }) {
  const { chain, url, listNumber, listUntil, heardAt, does } = authority;
  const isAdmin = useIsAdmin();
  if (chain === null) return null;
  return (
    <section className="card stack-close" aria-labelledby="authority">
      <h2 id="authority">The authority</h2>
      <p>
        <a download="authority.pem" href={`data:application/x-pem-file,${encodeURIComponent(chain)}`}>
          Download its certificates
        </a>
        , for a trust set, and for agents and printers.
      </p>
      <p>
        {url === null ? (
          'It was not told where its list is published: muster ca init --url.'
        ) : (
          <>
            List of what was revoked: <a href={`${url}/issuing.crl`}>{`${url}/issuing.crl`}</a>, OCSP{' '}
            <span className="mono">{`${url}/ocsp`}</span>
          </>
        )}
        {listNumber !== null && listUntil !== null && (
          <>
            . Number {listNumber}, good until <Until at={listUntil} />
          </>
        )}
      </p>
      {isAdmin && does?.includes('list') && <Publish />}
      <p className="small dim">
        Heard <When at={heardAt} />.
      </p>
      {isAdmin && heardAt !== null && Date.now() - Date.parse(heardAt) > silentMs && (
        <div>
          <Gone />
        </div>
      )}
    </section>
  );
}

/** As long as console waits before it says so on Status. */
const silentMs = 60_000;
