// Members of a manual group: found by search, added and removed one by one.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { useDevices } from '../../api/queries.js';
import type { DeviceRow, Group } from '../../api/types.js';
import type { Form } from '../../parts/document-editor.js';
import { Loaded, Nothing } from '../../parts/loaded.js';
import { SearchBox } from '../../parts/search-box.js';
import { Table } from '../../parts/table.js';
import { counted } from '../../words.js';

const shownMax = 20;

export function Members({ form }: { readonly form: Form<Group> }) {
  const [search, setSearch] = useState('');
  const devices = useDevices({ search, limit: shownMax });
  const { members } = form.body;
  const toggle = (id: string) =>
    form.set({
      members: members.includes(id) ? members.filter((member) => member !== id) : [...members, id],
    });
  return (
    <section className="card card-flush" aria-labelledby="members">
      <div className="card-head">
        <h2 id="members">Members</h2>
        <p role="status">{counted(members.length, 'device')} in this group.</p>
        <div className="row">
          <SearchBox text={search} placeholder="Find devices to add or remove" onSearch={setSearch} />
        </div>
      </div>
      <Loaded query={devices}>
        {({ items }) =>
          items.length === 0 ? (
            <Nothing title="No device matches" />
          ) : (
            <Found devices={items} members={members} onToggle={form.readOnly ? null : toggle} />
          )
        }
      </Loaded>
    </section>
  );
}

interface FoundProps {
  readonly devices: readonly DeviceRow[];
  readonly members: readonly string[];
  readonly onToggle: ((id: string) => void) | null;
}

function Found({ devices, members, onToggle }: FoundProps) {
  const member = (device: DeviceRow) => members.includes(device.id);
  return (
    <Table
      caption="Devices found"
      rows={devices}
      keyOf={(device) => device.id}
      columns={[
        { title: 'Device', lead: true, cell: (device) => `${device.model} ${device.serial}` },
        { title: 'Hostname', cell: (device) => device.hostname ?? <span className="dim">none</span> },
        { title: 'Member', cell: (device) => (member(device) ? 'Yes' : 'No') },
        {
          title: 'Change',
          actions: true,
          cell: (device) =>
            onToggle && (
              <Button
                size="xs"
                variant="default"
                aria-label={`${member(device) ? 'Remove' : 'Add'} ${device.serial}`}
                onClick={() => onToggle(device.id)}
              >
                {member(device) ? 'Remove' : 'Add'}
              </Button>
            ),
        },
      ]}
    />
  );
}
