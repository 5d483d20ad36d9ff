import { Alert } from '@mantine/core';
import { requiredWord, valueWord } from '../../../../libs/device/catalogue/words.js';
import { useCatalogue } from '../../api/queries.js';
import type { Assessment, CatalogueEntry, DeviceDetail, SettingResult } from '../../api/types.js';
import { FromTo } from '../../parts/from-to.js';
import { Nothing } from '../../parts/loaded.js';
import { NotAssessed, Outdated } from './not-assessed.js';
import { OutcomePill } from '../../parts/pill.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { counted, words } from '../../words.js';

export function AssessmentCard({ device }: { readonly device: DeviceDetail }) {
  const { lastAssessment: assessment, notAssessed = null } = device;
  const newest = notAssessed && (!assessment || notAssessed.at > assessment.finishedAt) ? notAssessed : null;
  return (
    <section className="card card-flush" aria-labelledby="assessment">
      <div className="card-head">
        <h2 id="assessment">Last assessment</h2>
        {newest && <NotAssessed because={newest} />}
        {assessment && <Summary assessment={assessment} score={device.compliance?.score ?? null} />}
      </div>
      {assessment ? <Results results={assessment.results} /> : !newest && <NoResult device={device} />}
    </section>
  );
}

function NoResult({ device: { putBackAt = null } }: { readonly device: DeviceDetail }) {
  if (putBackAt !== null)
    return (
      <Nothing title="Not assessed since it was put back">
        The last result was of settings that the device does not have any more. It has no score until it is
        assessed again.
      </Nothing>
    );
  return (
    <Nothing title="Not assessed yet">
      A device is assessed when it announces itself, once Allow Automatic Remediation is on and an Initial
      Assessment Policy is chosen; one that was looked for, when that adds it to a group with a policy and the
      switch for it is on; and whenever somebody asks for it.
    </Nothing>
  );
}

interface SummaryProps {
  readonly assessment: Assessment;
  readonly score: number | null;
}

function Summary({ assessment, score }: SummaryProps) {
  const { outcome, detail, finishedAt, policies, results } = assessment;
  const changed = results.filter((result) => result.outcome === 'remediated').length;
  const policyNames = policies.map((policy) => `${policy.name} (version ${policy.version})`).join(', ');
  return (
    <div className="stack-close">
      <p className="dim">
        {words.assessmentOutcome[outcome]} <When at={finishedAt} /> against {policyNames || 'no policy'}.{' '}
        {changed > 0 ? `${counted(changed, 'setting')} changed and verified.` : 'Nothing was changed.'}
        {score !== null && (
          <>
            {' '}
            Score <strong>{score}</strong> of 100, weighed by severity.
          </>
        )}
      </p>
      <Outdated policies={policies} />
      {detail !== null && (
        <Alert color="yellow">
          <span className="sentence">{detail}</span>
        </Alert>
      )}
    </div>
  );
}

const urgency: Readonly<Record<SettingResult['outcome'], number>> = {
  nonCompliant: 0,
  failed: 1,
  remediated: 2,
  unsupported: 3,
  compliant: 4,
};

/** What needs a person comes first. */
const byUrgency = (a: SettingResult, b: SettingResult): number => urgency[a.outcome] - urgency[b.outcome];

function Results({ results }: { readonly results: readonly SettingResult[] }) {
  const catalogue = useCatalogue().data?.items ?? [];
  const entries = new Map(catalogue.map((entry) => [entry.key, entry]));
  const entryOf = ({ setting }: SettingResult) => entries.get(setting) ?? null;
  if (results.length === 0) return null;
  return (
    <Table
      caption="Result of each setting"
      rows={results.toSorted(byUrgency)}
      keyOf={(result) => `${result.policyId} ${result.setting}`}
      columns={[
        { title: 'Setting', lead: true, cell: (result) => <Setting result={result} /> },
        {
          title: 'Before → after',
          cell: (result) => <BeforeAfter result={result} entry={entryOf(result)} />,
        },
        { title: 'Required', cell: (result) => requiredWord(result, entryOf(result)) },
        { title: 'Severity', cell: (result) => words.severity[result.severity] },
        { title: 'Outcome', cell: (result) => <Outcome result={result} /> },
      ]}
    />
  );
}

function Setting({ result }: { readonly result: SettingResult }) {
  return (
    <div className="wide">
      <span className="strong">{result.title}</span>
      <div className="small dim">{result.category}</div>
    </div>
  );
}

interface BeforeAfterProps {
  readonly result: SettingResult;
  readonly entry: CatalogueEntry | null;
}

function BeforeAfter({ result, entry }: BeforeAfterProps) {
  const { before, after } = result;
  if (after === null || after === before) return <>{valueWord(before, entry)}</>;
  return <FromTo from={before} to={after} entry={entry} />;
}

function Outcome({ result }: { readonly result: SettingResult }) {
  return (
    <div className="wide stack-close">
      <OutcomePill outcome={result.outcome} />
      {result.detail !== null && <span className="small sentence">{result.detail}</span>}
    </div>
  );
}
