import { Alert, Button } from '@mantine/core';
import { IconCircleDashed, IconEye, IconRefresh, IconTrash } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { Problem } from '../../api/client.js';
import { pathOf, useWrite } from '../../api/writes.js';
import type { DeviceDetail } from '../../api/types.js';
import { Confirm } from '../../parts/confirm.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { NetworksLink } from './not-assessed.js';
import { useMayWrite } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';

export function Actions({ device }: { readonly device: DeviceDetail }) {
  const mayWrite = useMayWrite();
  const assess = useWrite(['tasks']);
  const tell = useTell();
  if (!mayWrite) return null;
  const ask = (mode: 'assess' | 'dryRun', said: string) => () =>
    assess.mutate({
      method: 'POST',
      path: pathOf('devices', device.id, 'assess'),
      body: { mode },
      done: () => tell(`${said} asked for. Its result appears here by itself.`),
    });
  return (
    <>
      <Button
        leftSection={<IconRefresh size={16} aria-hidden />}
        loading={assess.isPending}
        onClick={ask('assess', 'Assessment')}
      >
        Assess now
      </Button>
      <Button
        variant="default"
        leftSection={<IconEye size={16} aria-hidden />}
        loading={assess.isPending}
        onClick={ask('dryRun', 'Dry run')}
      >
        Dry run
      </Button>
      <Delete device={device} />
      {assess.error && <AssessProblem problem={assess.error} />}
    </>
  );
}

/** Refused because of how things stand (409): in the server's own words, which say what to do. */
function AssessProblem({ problem }: { readonly problem: Error }) {
  if (!(problem instanceof Problem) || problem.status !== 409) return <ProblemNote problem={problem} />;
  return (
    <Alert
      role="alert"
      color="yellow"
      title="It cannot be assessed now"
      icon={<IconCircleDashed aria-hidden />}
    >
      <span className="sentence">{problem.message}</span>
      <p>
        {/device networks/i.test(problem.message) ? (
          <NetworksLink />
        ) : (
          <Link to="/settings">Instant-On settings</Link>
        )}
      </p>
    </Alert>
  );
}

function Delete({ device }: { readonly device: DeviceDetail }) {
  const remove = useWrite(['overview']);
  const navigate = useNavigate();
  const tell = useTell();
  return (
    <Confirm
      label="Delete"
      question={`Delete ${device.serial}?`}
      act="Delete device"
      leftSection={<IconTrash size={16} aria-hidden />}
      pending={remove.isPending}
      problem={remove.error}
      onConfirm={() =>
        remove.mutate({
          method: 'DELETE',
          path: pathOf('devices', device.id),
          done: () => {
            tell(`${device.serial} is being deleted.`);
            void navigate({ to: '/devices' });
          },
        })
      }
    >
      Its seat becomes free and it leaves the list. The device itself is not changed. If it announces itself
      again, it is discovered again. Credentials of its own are kept, and open it again if it comes back with
      the certificate that it has now; they are removed on the page Credentials.
    </Confirm>
  );
}
