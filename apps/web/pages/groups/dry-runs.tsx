// What a group's policies, or one of them, would change on its devices: looked at before it is done.
import { Alert, Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { IconEye, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import { useDryRuns, usePolicies } from '../../api/queries.js';
import type { GroupDryRun } from '../../api/types.js';
import { pathOf, useWrite } from '../../api/writes.js';
import { Confirm } from '../../parts/confirm.js';
import { DocumentChoice } from '../../parts/document-choice.js';
import { FromTo, useEntries } from '../../parts/from-to.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';
import { counted, words } from '../../words.js';

interface Asked {
  readonly devices: number;
}

export function DryRuns({ id }: { readonly id: string }) {
  const runs = useDryRuns(id).data;
  const mayWrite = useMayWrite();
  return (
    <section className="card card-flush" aria-labelledby="dry-runs">
      <div className="card-head">
        <h2 id="dry-runs">Look first, then change</h2>
        <p className="dim">
          A dry run reads each device of this group and says what an assessment would change. It changes
          nothing.
        </p>
        {mayWrite && <Ask id={id} newest={newestOf(runs?.items ?? [])} />}
      </div>
      {runs && runs.items.length > 0 && <List runs={runs.items} total={runs.total} />}
    </section>
  );
}

const newestOf = (runs: readonly GroupDryRun[]): GroupDryRun | null =>
  runs.reduce<GroupDryRun | null>(
    (newest, run) => (newest === null || run.finishedAt > newest.finishedAt ? run : newest),
    null,
  );

const triedIn = ({ policies }: GroupDryRun): string =>
  policies.map(({ name, version }) => `${name}, version ${version}`).join('; ') || 'no policy';

interface AskProps {
  readonly id: string;
  /** Dry run of the group; null: there was none. */
  readonly newest: GroupDryRun | null;
}

function Ask({ id, newest }: AskProps) {
  const policies = usePolicies().data?.items ?? [];
  const [policyId, choose] = useState<string | null>(null);
  const dry = useWrite<Asked>(['dry-runs', 'tasks']);
  const real = useWrite<Asked>(['devices', 'tasks']);
  const tell = useTell();
  const path = pathOf('groups', id, 'assess');
  const chosen = policies.find((policy) => policy.id === policyId)?.body.name ?? policyId;
  return (
    <div className="stack-close">
      <div className="row row-bottom">
        <DocumentChoice
          label="Policy"
          text="One that is tried, or all that hold."
          none="Those that hold for each device"
          documents={policies}
          chosen={policyId}
          readOnly={false}
          fault={undefined}
          onChoose={choose}
        />
        <Button
          variant="default"
          leftSection={<IconEye size={16} aria-hidden />}
          loading={dry.isPending}
          onClick={() =>
            dry.mutate({
              method: 'POST',
              path,
              body: { policyId, mode: 'dryRun' },
              done: ({ devices }) => tell(`Dry run of ${counted(devices, 'device')} asked for.`),
            })
          }
        >
          Dry run
        </Button>
        <Confirm
          label="Assess now"
          question={
            chosen === null
              ? 'Assess the devices of this group with the policies that hold for each?'
              : `Assess the devices of this group with ${chosen}?`
          }
          act="Assess"
          actColor="blue"
          leftSection={<IconRefresh size={16} aria-hidden />}
          pending={real.isPending}
          problem={real.error}
          onConfirm={(close) =>
            real.mutate({
              method: 'POST',
              path,
              body: { policyId },
              done: ({ devices }) => {
                close();
                tell(`Assessment of ${counted(devices, 'device')} asked for.`);
              },
            })
          }
        >
          <LookedAt newest={newest} policyId={policyId} />
          What differs from the policy is changed where the policy remediates and Allow Automatic Remediation
          is on. Each device keeps what was changed, and it can be undone there.
        </Confirm>
      </div>
      {dry.error && <ProblemNote problem={dry.error} />}
    </div>
  );
}

/** What was looked at before, where it need not be what is going to be done. */
function LookedAt({ newest, policyId }: Pick<AskProps, 'newest'> & { readonly policyId: string | null }) {
  if (newest === null) return null;
  const same = newest.policies.every((policy) => policy.policyId === policyId) && newest.policies.length > 0;
  if (same) return null;
  return (
    <Alert color="yellow" mb="sm" title={`The newest dry run compared with ${triedIn(newest)}`}>
      {policyId === null
        ? 'What the policies of each device change may be something else.'
        : 'What this policy changes was not looked at.'}
    </Alert>
  );
}

function Which({ run }: { readonly run: GroupDryRun }) {
  const entryOf = useEntries();
  const { changes, outcome, detail } = run;
  if (changes.length === 0)
    return `${words.assessmentOutcome[outcome]}${detail === null ? '' : `: ${detail}`}`;
  return (
    <>
      <ul className="plain-list stack-close">
        {changes.map((change) => (
          <li key={change.setting}>
            {change.title}: <FromTo from={change.before} to={change.after} entry={entryOf(change)} />
          </li>
        ))}
      </ul>
      {detail !== null && <p className="small dim">{detail}</p>}
    </>
  );
}

function List({ runs, total }: { readonly runs: readonly GroupDryRun[]; readonly total: number }) {
  return (
    <>
      <Table
        caption="Dry runs of this group"
        rows={runs}
        keyOf={({ deviceId }) => deviceId}
        columns={[
          {
            title: 'Device',
            lead: true,
            cell: ({ deviceId, serial }) => (
              <Link to="/devices/$id" params={{ id: deviceId }} className="strong">
                {serial}
              </Link>
            ),
          },
          { title: 'When', cell: ({ finishedAt }) => <When at={finishedAt} /> },
          { title: 'Policy', cell: triedIn },
          { title: 'Would change', cell: ({ changes }) => counted(changes.length, 'setting') },
          {
            title: 'Which: now → then',
            cell: (run) => <Which run={run} />,
          },
        ]}
      />
      {total > runs.length && (
        <p className="table-foot small dim">
          The first {runs.length} of {counted(total, 'device')}.
        </p>
      )}
    </>
  );
}
