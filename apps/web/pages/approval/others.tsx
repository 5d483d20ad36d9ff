// Who else announced a serial number that waits, each to be admitted instead; and that a decision came too late.
import type { HeldClaim, HeldDevice } from '../../api/types.js';
import { When } from '../../parts/when.js';
import { seenOf } from './decide.js';
import { Decisions } from './decisions.js';

interface OthersProps {
  readonly row: HeldDevice;
  readonly mayWrite: boolean;
}

export function Others({ row, mayWrite }: OthersProps) {
  const { others, missedAt } = row;
  return (
    <>
      {missedAt !== null && (
        <p className="small strong">
          It changed before your decision took effect (<When at={missedAt} />
          ): look again.
        </p>
      )}
      {others.length > 0 && (
        <>
          <p className="small strong">Others announced this serial number too:</p>
          <ul className="plain-list small" aria-label={`Others with ${row.serial}`}>
            {others.map((other) => (
              <li key={other.claim}>
                <Other other={other} than={row} />
                {mayWrite && (
                  <Decisions
                    which={{ seen: seenOf([other]) }}
                    what={`${row.serial} from ${other.ip}`}
                    refused
                  />
                )}
              </li>
            ))}
          </ul>
        </>
      )}
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
