// Why there is no result, or none of today's policies, and where to mend it.
import { Alert } from '@mantine/core';
import { IconCircleDashed, IconHistory } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { usePolicies } from '../../api/queries.js';
import type { Assessment, DeviceDetail, Document, Policy } from '../../api/types.js';
import { When } from '../../parts/when.js';

type Because = NonNullable<DeviceDetail['notAssessed']>;

export function NotAssessed({ because: { reason, text, at } }: { readonly because: Because }) {
  return (
    <Alert color="yellow" icon={<IconCircleDashed aria-hidden />} title="Not assessed">
      <p>
        <span className="sentence">
          {text} (<When at={at} />)
        </span>
      </p>
      {reason === 'outsideNetworks' && (
        <p>
          <NetworksLink />
        </p>
      )}
    </Alert>
  );
}

/** To where they are listed. */
export const NetworksLink = () => (
  <Link to="/settings" hash="networks">
    Instant-On settings, Device networks
  </Link>
);

/** The last result is of a policy that was changed since. */
export function Outdated({ policies }: Pick<Assessment, 'policies'>) {
  const now = usePolicies().data?.items ?? [];
  const older = policies.flatMap((used) => newerThan(used, now));
  if (older.length === 0) return null;
  return (
    <Alert color="yellow" icon={<IconHistory aria-hidden />} title="The policy is newer than this result">
      {older.map(({ id, name, used, version }) => (
        <p key={id}>
          <Link to="/policies/$id" params={{ id }}>
            {name}
          </Link>{' '}
          is at version {version} now; this result is of version {used}.
        </p>
      ))}
      <p>The device keeps its result until it announces itself again or is assessed.</p>
    </Alert>
  );
}

function newerThan(used: Assessment['policies'][number], now: readonly Document<Policy>[]) {
  const found = now.find(({ id }) => id === used.policyId);
  if (!found || found.version <= used.version) return [];
  return [{ id: found.id, name: found.body.name, used: used.version, version: found.version }];
}
