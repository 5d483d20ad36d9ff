import { Button } from '@mantine/core';
import { useState } from 'react';
import { useCredentials } from '../../api/queries.js';
import type { CredentialRow } from '../../api/types.js';
import { useWrite } from '../../api/writes.js';
import { Confirm } from '../../parts/confirm.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { Pager } from '../../parts/pager.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { SearchBox } from '../../parts/search-box.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useIsAdmin } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';
import { counted } from '../../words.js';
import { goesTo } from './goes-to.js';
import { authWords, kindWords, privWords } from './kinds.js';
import { SetCredential } from './set-credential.js';

export function Credentials() {
  const [search, setSearch] = useState('');
  /** Places of the pages that led here. */
  const [trail, setTrail] = useState<readonly string[]>([]);
  const credentials = useCredentials({ ...(search && { search }), after: trail.at(-1) });
  const isAdmin = useIsAdmin();
  return (
    <div className="stack">
      <PageHead title="Credentials">
        What opens devices. They are sealed, and never shown: not here, not in the log, not on the bus.
      </PageHead>
      <div className="row row-bottom filters">
        <SearchBox
          text={search}
          placeholder="Serial number, host name, model, group, user, who set it"
          onSearch={(text) => {
            setSearch(text);
            setTrail([]);
          }}
        />
      </div>
      <section className="card card-flush" aria-label="Credentials">
        <Loaded query={credentials}>
          {({ items, total, next }) => (
            <>
              <List rows={items} isAdmin={isAdmin} searched={search !== ''} />
              {items.length > 0 && (
                <Pager
                  label={counted(total, 'credential')}
                  onFirst={trail.length > 0 ? () => setTrail([]) : null}
                  onPrevious={() => setTrail(trail.slice(0, -1))}
                  onNext={next === null ? null : () => setTrail([...trail, next])}
                />
              )}
            </>
          )}
        </Loaded>
      </section>
      {isAdmin && <SetCredential />}
      {isAdmin && <Rotate />}
    </div>
  );
}

function whoseOf({ scope, id, device }: CredentialRow): string {
  if (scope === 'global') return 'All devices';
  if (scope === 'group') return `Group ${id}`;
  return `Device ${device ? `${device.serial}${device.deleted ? ', deleted' : ''}` : id}`;
}

function Whose({ row }: { readonly row: CredentialRow }) {
  const hostname = row.device?.hostname ?? null;
  return (
    <>
      {whoseOf(row)}
      {hostname !== null && (
        <span className="cut small dim" title={hostname}>
          {hostname}
        </span>
      )}
    </>
  );
}

interface ListProps {
  readonly rows: readonly CredentialRow[];
  readonly isAdmin: boolean;
  readonly searched: boolean;
}

function List({ rows, isAdmin, searched }: ListProps) {
  if (rows.length === 0 && searched)
    return <Nothing title="No credential matches">Change the search above.</Nothing>;
  if (rows.length === 0)
    return <Nothing title="None yet">Devices with a password of their own let nobody in without it.</Nothing>;
  const remove = isAdmin
    ? [{ title: 'Actions', actions: true, cell: (row: CredentialRow) => <Remove row={row} /> }]
    : [];
  return (
    <Table
      caption="Credentials"
      rows={rows}
      keyOf={({ kind, scope, id }) => `${kind} ${scope} ${id}`}
      columns={[
        { title: 'Kind', lead: true, cell: ({ kind }) => <span className="strong">{kindWords[kind]}</span> },
        { title: 'Whose', cell: (row) => <Whose row={row} /> },
        { title: 'User', cell: ({ userName }) => userName ?? '–' },
        { title: 'Protects', cell: protectionOf },
        { title: 'Goes to', cell: (row) => <GoesTo {...goesTo(row)} /> },
        { title: 'Version', cell: ({ version }) => version },
        { title: 'Changed', cell: ({ changedAt }) => <When at={changedAt} /> },
        { title: 'By', cell: ({ generated, changedBy }) => (generated ? 'Made by Muster' : changedBy) },
        ...remove,
      ]}
    />
  );
}

const protectionOf = ({ auth, priv }: CredentialRow): string =>
  auth && priv ? `${authWords[auth]}, ${privWords[priv]}` : '–';

const GoesTo = ({ words, isOpen }: ReturnType<typeof goesTo>) =>
  isOpen ? <span className="strong">{words}</span> : words;

function Remove({ row }: { readonly row: CredentialRow }) {
  const remove = useWrite(['credentials', 'audit']);
  const { kind, scope, id } = row;
  const query = new URLSearchParams({ kind, scope, id }).toString();
  const name = `${kindWords[kind]}, ${whoseOf(row)}`;
  return (
    <Confirm
      label="Remove"
      name={`Remove ${name}`}
      size="xs"
      question={`Remove ${name}?`}
      act="Remove"
      pending={remove.isPending}
      problem={remove.error}
      onConfirm={(close) => remove.mutate({ method: 'DELETE', path: `credentials?${query}`, done: close })}
    >
      Muster forgets it, and what it was before. What devices have stays as it is: those that no other opens
      cannot be managed any more.
      {row.generated &&
        ' Muster made this one, and nobody else knows it: without it the device takes a cold reset.'}
    </Confirm>
  );
}

interface Resealed {
  readonly resealed: number;
  readonly sealed: number;
  readonly left: number;
  readonly unreadable: readonly string[];
}

function Rotate() {
  const rotate = useWrite<Resealed>(['credentials', 'audit']);
  const tell = useTell();
  const done = ({ resealed, left, unreadable }: Resealed) =>
    tell(
      unreadable.length === 0
        ? `${resealed} sealed anew${resealed + left > 0 ? ': seal again in some minutes.' : ': older keys may go from the file.'}`
        : `No key in the file opens ${unreadable.join(', ')}.`,
    );
  return (
    <section className="card stack-close narrow" aria-labelledby="rotate">
      <h2 id="rotate">After a new key</h2>
      <p className="small dim">
        The last line of the key file seals, all of them open. Seal all with it, and again some minutes later,
        until none is sealed anew: then the older lines may go.
      </p>
      <div>
        <Button
          variant="default"
          loading={rotate.isPending}
          onClick={() => rotate.mutate({ method: 'POST', path: 'credentials/rotate', done })}
        >
          Seal anew
        </Button>
      </div>
      {rotate.error && <ProblemNote problem={rotate.error} />}
    </section>
  );
}
