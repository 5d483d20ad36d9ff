// Who else announced a serial number that waits, each to be admitted instead or refused, and who was refused; and that a
// decision came too late.
import type { ReactNode } from 'react';
import type { HeldClaim, HeldDevice } from '../../api/types.js';
import { When } from '../../parts/when.js';
import { seenOf } from './decide.js';
import { Decisions } from './decisions.js';

interface OthersProps {
  readonly row: HeldDevice;
  readonly mayWrite: boolean;
}

export function Others({ row, mayWrite }: OthersProps) {
  const { others, refused, missedAt, state } = row;
  return (
    <>
      {missedAt !== null && (
        <p className="small strong">
          It changed before your decision took effect (<When at={missedAt} />
          ): look again.
        </p>
      )}
      <Parties row={row} mayWrite={mayWrite} parties={others} isRefused={state === 'refused'} name="Others">
        Others announced this serial number too:
      </Parties>
      <Parties row={row} mayWrite={mayWrite} parties={refused} isRefused name="Refused">
        Refused with this serial number{state === 'refused' && ' as well'}:
      </Parties>
    </>
  );
}

interface PartiesProps extends OthersProps {
  readonly parties: readonly HeldClaim[];
  readonly isRefused: boolean;
  readonly name: string;
  readonly children: ReactNode;
}

function Parties({ row, mayWrite, parties, isRefused, name, children }: PartiesProps) {
  if (parties.length === 0) return null;
  return (
    <>
      <p className="small strong">{children}</p>
      <ul className="plain-list small" aria-label={`${name} with ${row.serial}`}>
        {parties.map((other) => (
          <li key={other.claim}>
            <Other other={other} than={row} />
            {mayWrite && (
              <Decisions
                which={{ seen: seenOf([other]) }}
                what={`${row.serial} from ${other.ip}`}
                refused={isRefused}
              />
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

interface OtherProps {
  readonly other: HeldClaim;
  readonly than: HeldClaim;
}

function Other({ other, than }: OtherProps) {
  const { ip, peerAddress, model, mac, verified } = other;
  return (
    <span title={other.fingerprint ?? undefined}>
      <span className="mono">{ip}</span>
      {peerAddress !== ip && (
        <>
          {' '}
          passed on by <span className="mono">{peerAddress}</span>
        </>
      )}
      , {model}, <span className="mono">{mac}</span>, {verified ? 'verified' : certificateOf(other, than)},{' '}
      <When at={other.heardAt} />
    </span>
  );
}

function certificateOf({ fingerprint }: HeldClaim, than: HeldClaim): string {
  if (fingerprint === null) return 'no certificate';
  return fingerprint === than.fingerprint ? 'the same certificate' : 'another certificate';
}
