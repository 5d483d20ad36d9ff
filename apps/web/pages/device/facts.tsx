import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { DeviceDetail } from '../../api/types.js';
import { When } from '../../parts/when.js';
import { wordFor, words } from '../../words.js';

/** Name and value; nothing is shown for what is not known, but a dash. */
function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children ?? <span className="dim">–</span>}</dd>
    </>
  );
}

const mono = (text: string | null) => text !== null && <span className="mono">{text}</span>;

export function IdentityCard({ device }: { readonly device: DeviceDetail }) {
  return (
    <section className="card" aria-labelledby="identity">
      <h2 id="identity">Identity</h2>
      <dl className="facts">
        <Fact name="Serial number">{mono(device.serial)}</Fact>
        <Fact name="Model">{device.model}</Fact>
        <Fact name="Hostname">{device.hostname}</Fact>
        <Fact name="IP address">{mono(device.ip)}</Fact>
        <Fact name="MAC address">{mono(device.mac)}</Fact>
        <Fact name="Firmware">{device.firmware}</Fact>
      </dl>
    </section>
  );
}

export function Membership({ device }: { readonly device: DeviceDetail }) {
  return (
    <section className="card" aria-labelledby="membership">
      <h2 id="membership">Licence and groups</h2>
      <dl className="facts">
        <Fact name="Licence">{licenceWords(device)}</Fact>
        <Fact name="Groups">
          {device.groups.length > 0 && (
            <ul className="plain-list">
              {device.groups.map((group) => (
                <li key={group.id}>
                  <Link to="/groups/$id" params={{ id: group.id }}>
                    {group.name}
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </Fact>
        <Fact name="Last Policy Used">{device.lastPolicyUsed}</Fact>
        <Fact name="Auto Discovered">{device.autoDiscovered ? 'Instant-On' : 'No'}</Fact>
      </dl>
    </section>
  );
}

/** The device's own announcement agent (R9); a policy sets it for many at a time. */
export function AgentCard({ agent: { state, server, requireMutual } }: Pick<DeviceDetail, 'agent'>) {
  return (
    <section className="card" aria-labelledby="agent">
      <h2 id="agent">Announcement agent</h2>
      <dl className="facts">
        <Fact name="State">{words.agent[state]}</Fact>
        <Fact name="Server">{server === '' ? 'Found by name' : mono(server)}</Fact>
        <Fact name="Proven server only">{requireMutual === null ? null : requireMutual ? 'Yes' : 'No'}</Fact>
      </dl>
      <p className="small dim">
        As it was read last. To set it on many devices, put the settings of <q>Announcement agent</q> into a{' '}
        <Link to="/policies">policy</Link>.
      </p>
    </section>
  );
}

function licenceWords({ licence }: DeviceDetail): ReactNode {
  if (!licence) return <span className="dim">not judged yet</span>;
  if (licence.licensed) return seatWords(licence.pool);
  return licence.reason === 'licenceExpired' ? 'None: the licence has expired' : 'None: no seat is left';
}

const builtInPool = 'community';

function seatWords(pool: string | null): string {
  if (pool === null) return 'One seat';
  return pool === builtInPool ? 'One of the seats that come with Muster' : `One seat of the licence ${pool}`;
}

export function Announced({ last }: { readonly last: DeviceDetail['lastAnnouncement'] }) {
  return (
    <section className="card" aria-labelledby="announced">
      <h2 id="announced">Last announcement</h2>
      {last ? (
        <dl className="facts">
          <Fact name="Accepted">
            <When at={last.at} />
          </Fact>
          <Fact name="Because of">{wordFor(words.reason, last.reason)}</Fact>
          <Fact name="From">{mono(last.peerAddress)}</Fact>
          <Fact name="Encryption">
            {last.tlsVersion}, {last.cipher}
          </Fact>
          <Fact name="Key exchange">{last.group}</Fact>
          <Fact name="Authentication">
            {last.authentication.outcome === 'verified'
              ? 'Certificate verified'
              : 'Anonymous (encryption only)'}
          </Fact>
          <Fact name="Came by">{last.forwarded ? 'a primary listener' : 'the device itself'}</Fact>
        </dl>
      ) : (
        <p className="dim">None is kept for this device.</p>
      )}
    </section>
  );
}
