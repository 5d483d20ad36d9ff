// What two parties that claim one serial number say of themselves and show.
import type { Claimant, Conflict, DeviceDetail, Identity } from '../../api/types.js';
import { NetworksLink } from './not-assessed.js';

interface ClaimedProps extends Pick<Conflict, 'claimed' | 'identity'> {
  /** Null: not told. */
  readonly shared: Conflict['shared'] | null;
}
interface SidesProps extends ClaimedProps {
  readonly device: DeviceDetail;
  readonly known: Claimant;
}

export function Sides({ device, known, claimed, identity, shared }: SidesProps) {
  return (
    <div className="columns">
      <Side title="Known" claim={known} identity={device} shared={shared?.known ?? null} none="none known" />
      <Claimed claimed={claimed} identity={identity} shared={shared} />
    </div>
  );
}

export const Claimed = ({ claimed, identity, shared }: ClaimedProps) => (
  <Side
    title="Claimed"
    claim={claimed}
    identity={identity}
    shared={shared?.claimed ?? null}
    none="none shown"
  />
);

interface SideProps {
  readonly title: string;
  readonly claim: Claimant;
  readonly identity: Identity | null;
  readonly shared: string | null;
  /** What to say of a side without a certificate. */
  readonly none: string;
}

function Side({ title, claim, identity, shared, none }: SideProps) {
  return (
    <section className="card" aria-label={title}>
      <h3>{title}</h3>
      <dl className="facts after">
        <dt>IP address</dt>
        <dd className="mono">{claim.ip}</dd>
        {identity && (
          <>
            <dt>MAC address</dt>
            <dd className="mono">{identity.mac}</dd>
            <dt>Model</dt>
            <dd>{identity.model}</dd>
            <dt>Hostname</dt>
            <dd>{identity.hostname ?? <span className="dim">none said</span>}</dd>
          </>
        )}
        <dt>Certificate</dt>
        <dd>
          <Certificate fingerprint={claim.fingerprint} shared={shared} none={none} />
        </dd>
      </dl>
    </section>
  );
}

interface CertificateProps {
  readonly fingerprint: string | null;
  readonly shared: string | null;
  readonly none: string;
}

/** The known side's own certificate is none when others show it too; it is named all the same. */
export function Certificate({ fingerprint, shared, none }: CertificateProps) {
  const shown = fingerprint ?? shared;
  if (shown === null) return <span className="dim">{none}</span>;
  return (
    <>
      <span className="mono small">{shown}</span>
      {shared !== null && <div className="small strong">shared by several devices, proves nothing</div>}
    </>
  );
}

/** Why Muster could not decide alone. */
export function Cause({ because, known }: Pick<Conflict, 'because'> & { readonly known: Claimant }) {
  if (because === 'outsideNetworks') {
    return (
      <>
        Its known address <span className="mono">{known.ip}</span> is outside the device networks and was not
        asked: see <NetworksLink />.
      </>
    );
  }
  if (because === 'otherCertificate') {
    return 'A search found it, and it shows another certificate than the one pinned to the device: no search replaces that.';
  }
  if (because === 'heardSince') return 'The known device was heard since, so the claim is older than that.';
  if (because === 'answers') return 'At the known address something still answers.';
  return 'Nothing proved that it is the known device.';
}
