import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useEffect, useState, type FormEvent } from 'react';
import { useSignIn } from '../../api/session.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { Mark } from '../../shell/mark.js';

export function SignIn() {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useSignIn();
  useEffect(() => {
    document.title = 'Sign in · Muster';
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate({ name, password });
  };
  return (
    <main className="sign-in">
      <form className="card stack" onSubmit={submit}>
        <div className="row">
          <Mark size={32} />
          <h1>Sign in to Muster</h1>
        </div>
        {signIn.error && <ProblemNote problem={signIn.error} />}
        <TextInput
          label="Name"
          name="username"
          autoComplete="username"
          autoFocus
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
        />
        <Button type="submit" loading={signIn.isPending}>
          Sign in
        </Button>
        <p className="small dim">
          First time? The name is <strong>admin</strong>; its password was printed once, where Muster was
          started first.
        </p>
      </form>
    </main>
  );
}
