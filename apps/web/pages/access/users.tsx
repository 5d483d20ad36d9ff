import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useUsers } from '../../api/queries.js';
import { pathOf, useWrite } from '../../api/writes.js';
import type { Role, User } from '../../api/types.js';
import { Confirm } from '../../parts/confirm.js';
import { Loaded } from '../../parts/loaded.js';
import { faultsAt, ProblemNote } from '../../parts/problem-note.js';
import { Table } from '../../parts/table.js';
import { When } from '../../parts/when.js';
import { useSession } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';
import { words } from '../../words.js';
import { RoleChoice, roles, rolesExplained } from './role-choice.js';

export function Users() {
  const users = useUsers();
  const self = useSession().name;
  return (
    <section className="card card-flush" aria-labelledby="users">
      <div className="card-head">
        <h2 id="users">Users</h2>
        <p className="small dim">{rolesExplained}</p>
      </div>
      <Loaded query={users}>
        {({ items }) => (
          <Table
            caption="Users"
            rows={items}
            keyOf={(user) => user.name}
            columns={[
              { title: 'Name', lead: true, cell: (user) => <span className="strong">{user.name}</span> },
              { title: 'Role', cell: (user) => words.role[user.role] },
              { title: 'Added by', cell: (user) => user.createdBy },
              { title: 'Added', cell: (user) => <When at={user.createdAt} /> },
              {
                title: 'Actions',
                actions: true,
                cell: (user) =>
                  user.name === self ? <span className="dim">you</span> : <Remove user={user} />,
              },
            ]}
          />
        )}
      </Loaded>
      <AddUser />
    </section>
  );
}

function AddUser() {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const add = useWrite<User>(['users', 'audit']);
  const tell = useTell();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const done = () => {
      tell(`User ${name} added.`);
      setName('');
      setPassword('');
    };
    add.mutate({ method: 'POST', path: 'users', body: { name, password, role }, done });
  };
  return (
    <form className="table-foot stack-close" aria-label="Add a user" onSubmit={submit} noValidate>
      <div className="row row-bottom fields">
        <TextInput
          label="Name"
          autoComplete="off"
          value={name}
          error={faultsAt(add.error, 'name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          placeholder="At least 12 characters"
          autoComplete="new-password"
          value={password}
          error={faultsAt(add.error, 'password')}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
        />
        <RoleChoice<Role> role={role} among={roles} onChoose={setRole} />
        <Button
          type="submit"
          variant="default"
          loading={add.isPending}
          disabled={name === '' || password === ''}
        >
          Add user
        </Button>
      </div>
      {add.error && <ProblemNote problem={add.error} />}
    </form>
  );
}

function Remove({ user }: { readonly user: User }) {
  const remove = useWrite(['users', 'audit']);
  return (
    <Confirm
      label="Delete"
      name={`Delete user ${user.name}`}
      size="xs"
      question={`Delete user ${user.name}?`}
      act="Delete user"
      pending={remove.isPending}
      problem={remove.error}
      onConfirm={(close) =>
        remove.mutate({ method: 'DELETE', path: pathOf('users', user.name), done: close })
      }
    >
      They are signed out at once. What they did stays in the audit log.
    </Confirm>
  );
}
