import { Alert } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useStatus } from '../../api/queries.js';
import type { Status } from '../../api/types.js';
import { Loaded } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { Clock } from '../../parts/when.js';
import { counted, wordFor, words } from '../../words.js';
import { Queues } from './queues.js';
import { Services } from './services.js';
import { Work } from './work.js';

export function StatusPage() {
  const status = useStatus();
  return (
    <div className="stack">
      <PageHead title="Status">
        Where every event is, and how each process of Muster fares. Refreshed by itself.
      </PageHead>
      <Loaded query={status}>
        {(data) => (
          <>
            <Verdict status={data} />
            <Services services={data.services} now={Date.parse(data.at)} />
            <Queues queues={data.queues} />
            <Work services={data.services} />
          </>
        )}
      </Loaded>
    </div>
  );
}

const place = 'page Deliveries';

/** Services are called as in the tables below, and the page that is named is a link to what is meant. */
function Trouble({ trouble }: { readonly trouble: string }) {
  const text = trouble.replace(/^[a-z]+(?=: | \()/, (service) => wordFor(words.service, service));
  const [before = '', after] = text.split(place);
  const consumer = /--consumer ([A-Za-z.]+)/.exec(text)?.[1];
  if (after === undefined) return text;
  return (
    <>
      {before}
      <Link to="/deliveries" search={consumer === undefined ? {} : { consumer }}>
        {place}
      </Link>
      {after}
    </>
  );
}

function Verdict({ status: { at, troubles } }: { readonly status: Status }) {
  const asOf = (
    <span className="small dim">
      As of <Clock at={at} />
    </span>
  );
  if (troubles.length === 0) {
    return (
      <Alert role="status" color="green" title="All is well" icon={<IconCircleCheck aria-hidden />}>
        {asOf}
      </Alert>
    );
  }
  return (
    <Alert
      role="status"
      color="red"
      title={`${counted(troubles.length, 'thing needs', 'things need')} a look`}
      icon={<IconAlertTriangle aria-hidden />}
    >
      <ul className="troubles">
        {troubles.map((trouble) => (
          <li key={trouble}>
            <Trouble trouble={trouble} />
          </li>
        ))}
      </ul>
      {asOf}
    </Alert>
  );
}
