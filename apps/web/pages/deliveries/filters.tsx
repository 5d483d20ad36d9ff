import { Button, NativeSelect } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { SearchBox } from '../../parts/search-box.js';
import { isFiltered, readDeadSearch, withinWords, type DeadSearch } from './search.js';

export function Filters({ at }: { readonly at: DeadSearch }) {
  const navigate = useNavigate({ from: '/deliveries' });
  // A changed filter starts at the first page, and replaces the address: Back leaves the list, not a letter.
  const filter = (change: Readonly<Record<string, string | undefined>>) =>
    void navigate({
      replace: true,
      search: ({ after: _, from: __, ...conditions }) => readDeadSearch({ ...conditions, ...change }),
    });
  const box = (name: 'reason' | 'consumer' | 'type' | 'subject', label: string, placeholder: string) => (
    <SearchBox
      label={label}
      text={at[name] ?? ''}
      placeholder={placeholder}
      onSearch={(text) => filter({ [name]: text || undefined })}
    />
  );
  return (
    <form
      role="search"
      aria-label="Dead deliveries"
      className="row row-bottom filters"
      onSubmit={(event) => event.preventDefault()}
    >
      {box('reason', 'Reason contains', 'Any reason')}
      {box('consumer', 'Consumer', 'licensing.seats')}
      {box('type', 'Event type', 'device.*')}
      {box('subject', 'Subject', 'Device id, serial')}
      <NativeSelect
        label="Given up"
        value={at.within ?? ''}
        onChange={(event) => filter({ within: event.currentTarget.value || undefined })}
        data={[
          { value: '', label: 'At any time' },
          ...Object.entries(withinWords).map(([value, label]) => ({ value, label })),
        ]}
      />
      {isFiltered(at) && (
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
