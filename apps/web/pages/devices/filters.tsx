import { Button, NativeSelect } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useGroups } from '../../api/queries.js';
import { SearchBox } from '../../parts/search-box.js';
import { words } from '../../words.js';
import { isFiltered, type DeviceSearch } from './search.js';

export function Filters({ at }: { readonly at: DeviceSearch }) {
  const navigate = useNavigate({ from: '/devices' });
  const groups = useGroups();
  // A changed filter starts at the first page, and replaces the address: Back leaves the list, not a letter.
  const filter = (change: DeviceSearch) =>
    void navigate({
      replace: true,
      search: ({ after: _, from: __, ...filters }) => ({ ...filters, ...change }),
    });
  const set = isFiltered(at);
  return (
    <form
      role="search"
      aria-label="Devices"
      className="row row-bottom filters"
      onSubmit={(event) => event.preventDefault()}
    >
      <SearchBox
        text={at.search ?? ''}
        placeholder="Serial number, model, hostname, IP, MAC, firmware"
        onSearch={(search) => filter({ search: search || undefined })}
      />
      <NativeSelect
        label="Status"
        value={at.status ?? ''}
        onChange={(event) => filter({ status: event.currentTarget.value || undefined })}
        data={[
          { value: '', label: 'Any status' },
          ...Object.entries(words.status).map(([value, label]) => ({ value, label })),
        ]}
      />
      <NativeSelect
        label="Group"
        value={at.group ?? ''}
        onChange={(event) => filter({ group: event.currentTarget.value || undefined })}
        data={[
          { value: '', label: 'Any group' },
          ...(groups.data?.items ?? []).map((group) => ({ value: group.id, label: group.body.name })),
        ]}
      />
      <NativeSelect
        label="Agent"
        value={at.agent ?? ''}
        onChange={(event) => filter({ agent: event.currentTarget.value || undefined })}
        data={[
          { value: '', label: 'Any agent' },
          ...Object.entries(words.agent).map(([value, label]) => ({ value, label })),
        ]}
      />
      <NativeSelect
        label="Announcing"
        value={at.flapping ?? ''}
        onChange={(event) => filter({ flapping: event.currentTarget.value === 'true' ? 'true' : undefined })}
        data={[
          { value: '', label: 'However often' },
          { value: 'true', label: 'Flapping' },
        ]}
      />
      {set && (
        <Button
          variant="default"
          leftSection={<IconX size={16} aria-hidden />}
          onClick={() => void navigate({ replace: true, search: {} })}
        >
          Clear
        </Button>
      )}
    </form>
  );
}
