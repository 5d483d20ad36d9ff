import { Button, Checkbox, NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useGroups } from '../../api/queries.js';
import type { CredentialRow } from '../../api/types.js';
import { useWrite } from '../../api/writes.js';
import { OneOf } from '../../parts/choice.js';
import { faultsAt, ProblemNote } from '../../parts/problem-note.js';
import { useTell } from '../../shell/told.js';
import { authWords, fieldsOf, kindWords, privWords, usual, type Algorithms, type Field } from './kinds.js';

type Kind = CredentialRow['kind'];
const kinds = ['admin', 'snmpUser', 'snmpWrite', 'snmpRead'] as const satisfies readonly Kind[];
const everybody = '';

/** For all devices or those of a group; of one device from the command line. */
export function SetCredential() {
  const [kind, setKind] = useState<Kind>('admin');
  const [group, setGroup] = useState(everybody);
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [unproved, setUnproved] = useState(false);
  const [algorithms, setAlgorithms] = useState(usual);
  const groups = useGroups();
  const set = useWrite(['credentials', 'audit']);
  const tell = useTell();
  const fields = fieldsOf[kind];
  // A consent is for what was just typed, not for the next.
  const clear = () => {
    setTyped({});
    setUnproved(false);
    setAlgorithms(usual);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const values = Object.fromEntries(fields.map(({ name }) => [name, typed[name] ?? '']));
    const extra = kind === 'snmpUser' ? algorithms : { unproved };
    const owner = group === everybody ? { scope: 'global' } : { scope: 'group', id: group };
    const done = () => {
      clear();
      tell(`${kindWords[kind]} sealed. What it was before is still tried after it.`);
    };
    const body = { ...owner, credential: { kind, ...values, ...extra } };
    set.mutate({ method: 'PUT', path: 'credentials', body, done });
  };
  const choices =
    groups.data?.items.map(({ id, body }) => ({ value: id, label: `Group ${body.name}` })) ?? [];
  const choose = (value: string) => {
    const found = kinds.find((one) => one === value);
    if (found) setKind(found);
    clear();
  };
  return (
    <form className="card stack narrow" aria-labelledby="set-credential" onSubmit={submit} noValidate>
      <h2 id="set-credential">Set a credential</h2>
      <NativeSelect
        label="Kind"
        value={kind}
        data={kinds.map((value) => ({ value, label: kindWords[value] }))}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      <NativeSelect
        label="Whose"
        description="Of one device: muster credential set, with --device."
        value={group}
        data={[{ value: everybody, label: 'All devices' }, ...choices]}
        onChange={(event) => setGroup(event.currentTarget.value)}
      />
      {fields.map((field) => (
        <Typed
          key={`${kind} ${field.name}`}
          field={field}
          value={typed[field.name] ?? ''}
          error={faultsAt(set.error, `credential.${field.name}`)}
          onType={(value) => setTyped({ ...typed, [field.name]: value })}
        />
      ))}
      {kind === 'snmpUser' && <Choices chosen={algorithms} onChoose={setAlgorithms} />}
      {kind !== 'snmpUser' && (
        <Checkbox
          label="Send it to devices that nobody vouches for, too"
          description={whomOf[kind]}
          checked={unproved}
          onChange={(event) => setUnproved(event.currentTarget.checked)}
        />
      )}
      {set.error && <ProblemNote problem={set.error} />}
      <div>
        <Button
          type="submit"
          loading={set.isPending}
          disabled={fields.some(({ name }) => (typed[name] ?? '') === '')}
        >
          Set
        </Button>
      </div>
    </form>
  );
}

const otherwise =
  'Else it goes to those alone that an authority of yours vouches for, or a person has admitted.';
const whomOf = {
  admin: `Whoever comes first as a device then gets the chance to use it. ${otherwise}`,
  snmpRead: `In clear, and to those without a certificate: whoever takes an address then has it. ${otherwise}`,
  snmpWrite: `In clear, to read with too, and to those without a certificate: whoever listens then has it. ${otherwise}`,
} as const;

interface ChoicesProps {
  readonly chosen: Algorithms;
  readonly onChoose: (chosen: Algorithms) => void;
}

/** They are not asked of the device: what it has is chosen here each time. */
function Choices({ chosen, onChoose }: ChoicesProps) {
  return (
    <>
      <OneOf
        label="Authentication"
        text="As the device has it for this user: another lets nobody in."
        value={chosen.auth}
        words={authWords}
        readOnly={false}
        onChange={(auth) => onChoose({ ...chosen, auth })}
      />
      <OneOf
        label="Encryption"
        text="As the device has it for this user."
        value={chosen.priv}
        words={privWords}
        readOnly={false}
        onChange={(priv) => onChoose({ ...chosen, priv })}
      />
    </>
  );
}

interface TypedProps {
  readonly field: Field;
  readonly value: string;
  readonly error: React.ReactNode;
  readonly onType: (value: string) => void;
}

function Typed({ field: { label, secret }, value, error, onType }: TypedProps) {
  const common = { label, value, error, autoComplete: secret ? 'new-password' : 'off' };
  return secret ? (
    <PasswordInput
      {...common}
      visibilityToggleButtonProps={{ 'aria-label': `Show ${label.toLowerCase()}` }}
      onChange={(event) => onType(event.currentTarget.value)}
    />
  ) : (
    <TextInput {...common} onChange={(event) => onType(event.currentTarget.value)} />
  );
}
