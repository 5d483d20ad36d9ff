import { NativeSelect } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useDiscovery, useDiscoveryResults } from '../../api/queries.js';
import type { DiscoveryRun } from '../../api/types.js';
import { pathOf, useWrite } from '../../api/writes.js';
import { Confirm } from '../../parts/confirm.js';
import { Loaded } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { PathBack } from '../../parts/path-back.js';
import { When } from '../../parts/when.js';
import { useMayWrite } from '../../shell/session.js';
import { counted } from '../../words.js';
import { Progress, RunState } from './progress.js';
import { Results } from './results.js';

const route = getRouteApi('/discovery/$id');

export function DiscoveryPage() {
  const { id } = route.useParams();
  const run = useDiscovery(id);
  return (
    <div className="stack">
      <PathBack to="/discovery" label="Discovery" />
      {!run.data && <PageHead title="One discovery" />}
      <Loaded query={run}>{(data) => <Run run={data} />}</Loaded>
    </div>
  );
}

function Run({ run }: { readonly run: DiscoveryRun }) {
  const { askedBy, askedAt, endedAt, cancelledBy } = run;
  return (
    <>
      <PageHead
        title={`Discovery of ${counted(run.entries, 'entry', 'entries')}`}
        actions={<Stop run={run} />}
      >
        Asked for by {askedBy} <When at={askedAt} />
        {endedAt !== null && (
          <>
            , over <When at={endedAt} />
          </>
        )}
        {cancelledBy !== null && `, stopped by ${cancelledBy}`}.
      </PageHead>
      <section className="card stack-close" aria-label="Progress">
        <div>
          <RunState run={run} />
        </div>
        <Progress run={run} />
      </section>
      <Came run={run} />
    </>
  );
}

const choices = [
  { value: 'failed', label: 'Refused or not reached' },
  { value: 'found', label: 'Found' },
  { value: 'all', label: 'All' },
];

function Came({ run }: { readonly run: DiscoveryRun }) {
  const [show, setShow] = useState('failed');
  const [trail, setTrail] = useState<readonly string[]>([]);
  const results = useDiscoveryResults(run.id, { show, after: trail.at(-1) });
  return (
    <>
      <div className="row row-bottom">
        <NativeSelect
          label="Shown"
          value={show}
          data={choices}
          onChange={(event) => {
            setShow(event.currentTarget.value);
            setTrail([]);
          }}
        />
      </div>
      <Loaded query={results}>
        {(page) => <Results page={page} failed={show === 'failed'} trail={trail} setTrail={setTrail} />}
      </Loaded>
    </>
  );
}

function Stop({ run }: { readonly run: DiscoveryRun }) {
  const mayWrite = useMayWrite();
  const cancel = useWrite(['discoveries']);
  if (!mayWrite || run.endedAt !== null || run.cancelledBy !== null) return null;
  return (
    <Confirm
      label="Stop"
      question="Stop this discovery?"
      act="Stop it"
      pending={cancel.isPending}
      problem={cancel.error}
      onConfirm={(close) =>
        cancel.mutate({ method: 'POST', path: pathOf('discoveries', run.id, 'cancel'), done: close })
      }
    >
      What is being asked ends; what waits is asked no more. Devices that were found stay.
    </Confirm>
  );
}
