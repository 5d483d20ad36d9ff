import { Button, Checkbox, FileInput, NumberInput, Textarea } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Problem } from '../../api/client.js';
import type { DiscoveryAsked } from '../../api/types.js';
import { useWrite } from '../../api/writes.js';
import { BadLines, type BadLine } from '../../parts/bad-lines.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useTell } from '../../shell/told.js';
import { count, counted } from '../../words.js';
import { bytesMax, contentOf } from './content.js';

/** By hand, or from a file: read by the server, which names every bad line. */
export function LookFor() {
  const [typed, setTyped] = useState('');
  const [hops, setHops] = useState<number | null>(null);
  const [file, setFile] = useState<File | null>(null);
  const ask = useWrite<DiscoveryAsked>(['discoveries']);
  const tell = useTell();
  const go = useNavigate();
  const tooLarge = file !== null && file.size > bytesMax;
  const submit = () =>
    ask.mutate({
      method: 'POST',
      path: 'discoveries',
      body: file ? contentOf(file) : entriesOf(typed, hops),
      done: (run) => {
        tell(`${counted(run.entries, 'entry', 'entries')} taken${wordsOf(run)}.`);
        void go({ to: '/discovery/$id', params: { id: run.id } });
      },
    });
  return (
    <section className="card stack" aria-labelledby="look-for">
      <h2 id="look-for">Look for printers</h2>
      {!file && (
        <Textarea
          label="Addresses, ranges or host names"
          description="One a line: 10.1.2.3, 10.1.2.10-10.1.2.99, 10.1.3.0/24, printer-7.example.org. What follows a # is a remark."
          rows={5}
          spellCheck={false}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            ask.reset();
          }}
        />
      )}
      {!file && <Everybody hops={hops} setHops={setHops} />}
      <FileInput
        label="Or a list"
        description="Text as above; CSV with the columns address, host, serial, name, location named in its first line; or XML. 100,000 lines and 10 MB at most. All of it is taken, or nothing."
        placeholder="Choose a file"
        accept=".txt,.csv,.xml,text/plain,text/csv,text/xml"
        clearable
        clearButtonProps={{ 'aria-label': 'Without a file' }}
        error={tooLarge && 'The file is larger than 10 MB. Cut it in parts.'}
        value={file}
        onChange={(chosen) => {
          setFile(chosen);
          ask.reset();
        }}
      />
      {ask.error && <Refused problem={ask.error} />}
      <div className="row row-end">
        <Button
          disabled={tooLarge || (!file && hops === null && typed.trim() === '')}
          loading={ask.isPending}
          onClick={submit}
        >
          Look for them
        </Button>
      </div>
    </section>
  );
}

const entriesOf = (typed: string, hops: number | null): string =>
  [typed.trimEnd(), hops === null ? '' : `multicast:${hops}`].filter((each) => each !== '').join('\n');

/** As libs/device/find/hops.ts has them. */
const [hopsMax, standardHops] = [32, 4];

interface EverybodyProps {
  /** Null: nobody is asked by multicast. */
  readonly hops: number | null;
  readonly setHops: (hops: number | null) => void;
}

function Everybody({ hops, setHops }: EverybodyProps) {
  return (
    <>
      <Checkbox
        label="Whoever answers to multicast"
        description="By mDNS in the networks that discovery itself is in, by SLP further on. Who answers is asked only inside the device networks."
        checked={hops !== null}
        onChange={(event) => setHops(event.currentTarget.checked ? standardHops : null)}
      />
      {hops !== null && (
        <NumberInput
          label="Hops"
          description="How far SLP goes: routers on the way, and one."
          min={1}
          max={hopsMax}
          allowDecimal={false}
          value={hops}
          onChange={(value) => setHops(typeof value === 'number' ? value : standardHops)}
        />
      )}
    </>
  );
}

function wordsOf({ knownBefore, ignoredColumns }: DiscoveryAsked): string {
  const known = knownBefore > 0 ? `, ${count(knownBefore)} of them devices that are there already` : '';
  return ignoredColumns.length > 0 ? `${known}; not used: ${ignoredColumns.join(', ')}` : known;
}

function Refused({ problem }: { readonly problem: Error }) {
  const bad = problem instanceof Problem ? problem.faults.flatMap(badLineOf) : [];
  if (bad.length === 0) return <ProblemNote problem={problem} />;
  return (
    <BadLines title={problem.message} bad={bad}>
      Mend or remove these lines, then send the list again.
    </BadLines>
  );
}

function badLineOf({ line, to = line, text = '', message }: Problem['faults'][number]): readonly BadLine[] {
  return line === undefined || to === undefined ? [] : [{ line, to, text, message }];
}
