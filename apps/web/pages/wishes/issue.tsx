import { Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { IconCertificate } from '@tabler/icons-react';
import { useState } from 'react';
import { faultsAt } from '../../parts/problem-note.js';
import { useTell } from '../../shell/told.js';
import { words } from '../../words.js';
import { Ask } from './ask.js';
import { Days, daysIn } from './days.js';

const profiles = ['mutual', 'server'] as const;

/** An identity for the gateways: the authority makes the key, which leaves it sealed to those that were admitted. */
export function Issue() {
  const [name, setName] = useState('');
  const [host, setHost] = useState('');
  const [names, setNames] = useState('');
  const [profile, setProfile] = useState<string>('mutual');
  const [days, setDays] = useState('365');
  const [replace, setReplace] = useState(false);
  const tell = useTell();
  const count = daysIn(days);
  const filled = name.trim() !== '' && host.trim() !== '' && count !== null;
  const subject = `CN=${host.trim().replaceAll(',', '\\,')}`;
  const body = {
    kind: 'issue',
    name: name.trim(),
    profile,
    subject,
    names: names.trim(),
    days: count,
    replace,
  };
  const asked = () => {
    setName('');
    setReplace(false);
    tell('The authority is asked for the identity.');
  };
  return (
    <Ask
      label="Issue identity"
      icon={<IconCertificate size={16} aria-hidden />}
      title="Issue an identity"
      body={filled ? body : null}
      onAsked={asked}
    >
      {(problem) => (
        <>
          <TextInput
            label="Friendly name"
            autoComplete="off"
            value={name}
            error={faultsAt(problem, 'name')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label="DNS name that devices announce to"
            placeholder="muster.example"
            autoComplete="off"
            spellCheck={false}
            value={host}
            error={faultsAt(problem, 'subject')}
            onChange={(event) => setHost(event.currentTarget.value)}
          />
          <TextInput
            label="Other names"
            placeholder="DNS:hp-print-mgmt.example, IP:10.0.0.1"
            autoComplete="off"
            spellCheck={false}
            value={names}
            error={faultsAt(problem, 'names')}
            onChange={(event) => setNames(event.currentTarget.value)}
          />
          <div className="row row-bottom fields">
            <NativeSelect
              label="Profile"
              value={profile}
              data={profiles.map((value) => ({ value, label: words.profile[value] }))}
              onChange={(event) => setProfile(event.currentTarget.value)}
            />
            <Days days={days} problem={problem} onDays={setDays} />
          </div>
          <Checkbox
            label="Instead of the identity that has the name"
            checked={replace}
            onChange={(event) => setReplace(event.currentTarget.checked)}
          />
        </>
      )}
    </Ask>
  );
}
