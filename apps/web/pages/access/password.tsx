import { Button, PasswordInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useWrite } from '../../api/writes.js';
import { faultsAt, ProblemNote } from '../../parts/problem-note.js';
import { useSession } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';

const showButton = { 'aria-label': 'Show password' };

export function Password() {
  const { name } = useSession();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useWrite<undefined>(['audit']);
  const tell = useTell();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const done = () => {
      tell('Password changed. Your other sessions were ended.');
      setCurrent('');
      setNext('');
    };
    change.mutate({ method: 'PUT', path: 'session/password', body: { current, next }, done });
  };
  return (
    <form className="card stack narrow" aria-labelledby="password" onSubmit={submit} noValidate>
      <h2 id="password">Your password</h2>
      <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
      <PasswordInput
        label="Current password"
        autoComplete="current-password"
        value={current}
        error={faultsAt(change.error, 'current')}
        onChange={(event) => setCurrent(event.currentTarget.value)}
        visibilityToggleButtonProps={showButton}
      />
      <PasswordInput
        label="New password"
        description="At least 12 characters."
        autoComplete="new-password"
        value={next}
        error={faultsAt(change.error, 'next')}
        onChange={(event) => setNext(event.currentTarget.value)}
        visibilityToggleButtonProps={showButton}
      />
      {change.error && <ProblemNote problem={change.error} />}
      <div>
        <Button
          type="submit"
          variant="default"
          loading={change.isPending}
          disabled={current === '' || next === ''}
        >
          Change password
        </Button>
      </div>
    </form>
  );
}
