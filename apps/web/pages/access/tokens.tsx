import { Alert, Button, TextInput } from '@mantine/core';
import { IconCopy, IconKey } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { useTokens } from '../../api/queries.js';
import { pathOf, useWrite } from '../../api/writes.js';
import type { NewToken, Token, TokenRole } from '../../api/types.js';
import { Confirm } from '../../parts/confirm.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { faultsAt, ProblemNote } from '../../parts/problem-note.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useTell } from '../../shell/told.js';
import { words } from '../../words.js';
import { RoleChoice, tokenRoles } from './role-choice.js';

export function Tokens() {
  const tokens = useTokens();
  const [made, setMade] = useState<NewToken | null>(null);
  return (
    <section className="card card-flush" aria-labelledby="tokens">
      <div className="card-head">
        <h2 id="tokens">API tokens</h2>
        <p className="small dim">
          For programs: sent as <code className="mono">Authorization: Bearer</code>. The API is described at{' '}
          <a href="/api/openapi.json">/api/openapi.json</a>.
        </p>
      </div>
      {made && <Shown made={made} onClose={() => setMade(null)} />}
      <Loaded query={tokens}>{({ items }) => <List tokens={items} />}</Loaded>
      <AddToken onMade={setMade} />
    </section>
  );
}

function List({ tokens }: { readonly tokens: readonly Token[] }) {
  if (tokens.length === 0) return <Nothing title="No token yet" />;
  return (
    <Table
      caption="API tokens"
      rows={tokens}
      keyOf={(token) => token.id}
      columns={[
        { title: 'Name', lead: true, cell: (token) => <span className="strong">{token.name}</span> },
        { title: 'Role', cell: (token) => words.role[token.role] },
        { title: 'Added by', cell: (token) => token.createdBy },
        { title: 'Added', cell: (token) => <When at={token.createdAt} /> },
        { title: 'Last used', cell: (token) => <When at={token.lastUsedAt} /> },
        { title: 'Actions', actions: true, cell: (token) => <Remove token={token} /> },
      ]}
    />
  );
}

/** Only its hash is kept: it cannot be shown again. */
function Shown({ made, onClose }: { readonly made: NewToken; readonly onClose: () => void }) {
  const tell = useTell();
  const copy = () => void navigator.clipboard.writeText(made.token).then(() => tell('Token copied.'));
  return (
    <Alert
      role="alert"
      color="yellow"
      radius={0}
      icon={<IconKey aria-hidden />}
      title={`Copy the token ${made.name} now: it is shown only once`}
      withCloseButton
      closeButtonLabel="Hide the token"
      onClose={onClose}
    >
      <div className="secret">
        <code className="mono">{made.token}</code>
        {/* A browser gives the clipboard to pages that came over HTTPS or from this machine. */}
        {window.isSecureContext && (
          <Button size="xs" variant="default" leftSection={<IconCopy size={14} aria-hidden />} onClick={copy}>
            Copy
          </Button>
        )}
      </div>
    </Alert>
  );
}

function AddToken({ onMade }: { readonly onMade: (made: NewToken) => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<TokenRole>('viewer');
  const add = useWrite<NewToken>(['tokens', 'audit']);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const done = (made: NewToken) => {
      onMade(made);
      setName('');
    };
    add.mutate({ method: 'POST', path: 'tokens', body: { name, role }, done });
  };
  return (
    <form className="table-foot stack-close" aria-label="Add a token" onSubmit={submit} noValidate>
      <div className="row row-bottom fields">
        <TextInput
          label="Name"
          placeholder="What it is for"
          autoComplete="off"
          value={name}
          error={faultsAt(add.error, 'name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <RoleChoice<TokenRole> role={role} among={tokenRoles} onChoose={setRole} />
        <Button type="submit" variant="default" loading={add.isPending} disabled={name.trim() === ''}>
          Add token
        </Button>
      </div>
      {add.error && <ProblemNote problem={add.error} />}
    </form>
  );
}

function Remove({ token }: { readonly token: Token }) {
  const remove = useWrite(['tokens', 'audit']);
  return (
    <Confirm
      label="Delete"
      name={`Delete token ${token.name}`}
      size="xs"
      question={`Delete token ${token.name}?`}
      act="Delete token"
      pending={remove.isPending}
      problem={remove.error}
      onConfirm={(close) =>
        remove.mutate({ method: 'DELETE', path: pathOf('tokens', token.id), done: close })
      }
    >
      Programs that use it are refused at once.
    </Confirm>
  );
}
