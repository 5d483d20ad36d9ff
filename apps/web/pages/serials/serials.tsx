import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { useSerials, useSettings } from '../../api/queries.js';
import { useWrite } from '../../api/writes.js';
import { Loaded } from '../../parts/loaded.js';
import { PageHead } from '../../parts/page-head.js';
import { faultsAt, ProblemNote } from '../../parts/problem-note.js';
import { SearchBox } from '../../parts/search-box.js';
import { useMayWrite } from '../../shell/session.js';
import { useTell } from '../../shell/told.js';
import type { SerialsAdded } from '../../api/types.js';
import { Import } from './import.js';
import { SerialList, type Show } from './serial-list.js';

export function Serials() {
  const mayWrite = useMayWrite();
  const [search, setSearch] = useState('');
  const [trail, setTrail] = useState<readonly string[]>([]);
  const [show, setShow] = useState<Show>('waiting');
  const serials = useSerials({ search, show, after: trail.at(-1) });
  return (
    <div className="stack">
      <PageHead title="Serial numbers" actions={<Actions show={show} mayWrite={mayWrite} />}>
        <FilterWords />
      </PageHead>
      {mayWrite && <AddOne />}
      <div className="row row-bottom">
        <SearchBox
          text={search}
          placeholder="Serial number"
          onSearch={(text) => {
            setSearch(text);
            setTrail([]);
          }}
        />
        <NativeSelect
          label="Shown"
          value={show}
          data={[
            { value: 'waiting', label: 'Not discovered yet' },
            { value: 'all', label: 'All in the filter' },
          ]}
          onChange={(event) => {
            setShow(event.currentTarget.value === 'all' ? 'all' : 'waiting');
            setTrail([]);
          }}
        />
      </div>
      <Loaded query={serials}>
        {(page) => (
          <SerialList page={page} show={show} searched={search !== ''} trail={trail} setTrail={setTrail} />
        )}
      </Loaded>
    </div>
  );
}

interface ActionsProps {
  readonly show: Show;
  readonly mayWrite: boolean;
}

function Actions({ show, mayWrite }: ActionsProps) {
  return (
    <>
      {mayWrite && <Import />}
      <Button
        component="a"
        href={`/api/serials/export?show=${show}`}
        download
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
      >
        Export
      </Button>
    </>
  );
}

function FilterWords() {
  const settings = useSettings();
  const on = settings.data?.body.serialFilter;
  return (
    <>
      Devices that may take part while the serial-number filter is on.{' '}
      {on !== undefined && (
        <>
          It is <strong>{on ? 'on' : 'off: every device may take part'}</strong>, see{' '}
          <Link to="/settings">Instant-On settings</Link>.
        </>
      )}{' '}
      An entry leaves this list when its device is discovered, and stays in the filter.
    </>
  );
}

function AddOne() {
  const [serial, setSerial] = useState('');
  const add = useWrite<SerialsAdded>(['serials']);
  const tell = useTell();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({
      method: 'POST',
      path: 'serials',
      body: { serial },
      done: ({ added }) => {
        tell(added > 0 ? `${serial.trim().toUpperCase()} added.` : 'It was on the list already.');
        setSerial('');
      },
    });
  };
  const fault = faultsAt(add.error, 'serial');
  return (
    <form className="stack-close" onSubmit={submit}>
      <div className="row row-bottom">
        <TextInput
          className="grow narrow"
          label="Add a serial number"
          maxLength={64}
          value={serial}
          error={fault}
          onChange={(event) => setSerial(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={add.isPending} disabled={serial.trim() === ''}>
          Add
        </Button>
      </div>
      {add.error && fault === undefined && <ProblemNote problem={add.error} />}
    </form>
  );
}
