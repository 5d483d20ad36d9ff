// Which devices a filter has, before it is saved.
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.js';
import type { DeviceRow, Filter, Page } from '../../api/types.js';
import { Loaded } from '../../parts/loaded.js';
import { StatusPill } from '../../parts/pill.js';
import { Table } from '../../parts/table.js';
import { count, counted } from '../../words.js';

const typingPauseMs = 400;
const shownMax = 10;

type Preview = Pick<Page<DeviceRow>, 'items' | 'total'>;

export function Preview({ filter }: { readonly filter: Filter | null }) {
  const [settled] = useDebouncedValue(filter, typingPauseMs);
  const preview = useQuery({
    queryKey: ['preview', settled],
    queryFn: () => call<Preview>('POST', 'groups/preview', { filter: settled }),
    enabled: settled !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
  return (
    <section className="card card-flush" aria-labelledby="preview">
      <div className="card-head">
        <h2 id="preview">Preview</h2>
        {filter === null && <p className="dim">Complete the filter to see which devices it matches.</p>}
        {filter !== null && <Loaded query={preview}>{(found) => <Count found={found} />}</Loaded>}
      </div>
      {filter !== null && preview.data && preview.data.items.length > 0 && <Matches found={preview.data} />}
    </section>
  );
}

function Count({ found }: { readonly found: Preview }) {
  const partly = found.total > shownMax ? ` The first ${count(shownMax)} are shown.` : '';
  return (
    <p role="status">
      {counted(found.total, 'device matches', 'devices match')}.{partly}
    </p>
  );
}

function Matches({ found }: { readonly found: Preview }) {
  return (
    <Table
      caption="Matching devices"
      rows={found.items.slice(0, shownMax)}
      keyOf={(device) => device.id}
      columns={[
        { title: 'Device', lead: true, cell: (device) => <Name device={device} /> },
        { title: 'Hostname', cell: (device) => device.hostname ?? <span className="dim">none</span> },
        { title: 'IP address', cell: (device) => <span className="mono">{device.ip}</span> },
        { title: 'Firmware', cell: (device) => device.firmware ?? <span className="dim">unknown</span> },
        { title: 'Status', cell: (device) => <StatusPill status={device.status} /> },
      ]}
    />
  );
}

function Name({ device }: { readonly device: DeviceRow }) {
  return (
    <>
      {device.model} <span className="mono dim">{device.serial}</span>
    </>
  );
}
