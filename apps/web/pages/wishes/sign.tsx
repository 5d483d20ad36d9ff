import { FileInput, NativeSelect, TextInput } from '@mantine/core';
import { IconSignature } from '@tabler/icons-react';
import { useState } from 'react';
import { faultsAt } from '../../parts/problem-note.js';
import { useTell } from '../../shell/told.js';
import { words } from '../../words.js';
import { Ask } from './ask.js';
import { Days, daysIn } from './days.js';

const profiles = ['server', 'client', 'mutual', 'device'] as const;
const bytesMax = 32_768;

/** A certificate for a key that was made elsewhere: the key stays there. */
export function Sign() {
  const [file, setFile] = useState<File | null>(null);
  const [request, setRequest] = useState<string | null>(null);
  const [profile, setProfile] = useState<string>('server');
  const [days, setDays] = useState('365');
  const [subject, setSubject] = useState('');
  const [names, setNames] = useState('');
  const tell = useTell();
  const tooLarge = file !== null && file.size > bytesMax;
  const take = async (chosen: File | null) => {
    setFile(chosen);
    setRequest(chosen && chosen.size <= bytesMax ? await chosen.text() : null);
  };
  const otherwise = (text: string) => (text.trim() === '' ? null : text.trim());
  const count = daysIn(days);
  const more = { subject: otherwise(subject), names: otherwise(names) };
  const filled = request !== null && count !== null;
  const body = filled ? { kind: 'sign', request, profile, days: count, ...more } : null;
  const asked = () => {
    setFile(null);
    setRequest(null);
    setSubject('');
    setNames('');
    tell('The authority is asked to sign it.');
  };
  return (
    <Ask
      label="Sign a request"
      icon={<IconSignature size={16} aria-hidden />}
      title="Sign a certificate request"
      body={body}
      onAsked={asked}
    >
      {(problem) => (
        <>
          <FileInput
            label="Certificate request (CSR)"
            description="PEM, as openssl req -new writes it. Look at it first: openssl req -noout -text -in FILE."
            placeholder="Choose a file"
            accept=".csr,.pem,.req,text/plain"
            error={tooLarge ? 'That is no request: it is larger than 32 KB.' : faultsAt(problem, 'request')}
            value={file}
            onChange={(chosen) => void take(chosen)}
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
          <TextInput
            label="Subject, instead of the request's"
            placeholder="CN=muster.example, O=Example"
            autoComplete="off"
            spellCheck={false}
            value={subject}
            error={faultsAt(problem, 'subject')}
            onChange={(event) => setSubject(event.currentTarget.value)}
          />
          <TextInput
            label="Names, instead of the request's"
            placeholder="DNS:a.example, IP:10.0.0.1"
            autoComplete="off"
            spellCheck={false}
            value={names}
            error={faultsAt(problem, 'names')}
            onChange={(event) => setNames(event.currentTarget.value)}
          />
        </>
      )}
    </Ask>
  );
}
