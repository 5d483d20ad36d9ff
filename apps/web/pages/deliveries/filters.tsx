import { Button, NativeSelect } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { SearchBox } from '../../parts/search-box.js';
import { useDeadKinds } from '../../api/queries.js';
import type { DeadKind } from '../../api/types.js';
import { isFiltered, readDeadSearch, withinWords, type DeadSearch } from './search.js';

const consumersOf = (kinds: readonly DeadKind[]): readonly string[] =>
  [...new Set(kinds.map(({ consumer }) => consumer))].toSorted();

/** Each type, and each family of them. */
function typesOf(kinds: readonly DeadKind[]): readonly string[] {
  const types = kinds.map(({ eventType }) => eventType);
  return [...new Set([...types.map((type) => type.replace(/\..*$/, '.*')), ...types])].toSorted();
}

/** What the address asks for is shown, whether or not there is any. */
const withChosen = (names: readonly string[], chosen: string | undefined): readonly string[] =>
  chosen === undefined || names.includes(chosen) ? names : [...names, chosen];

export function Filters({ at }: { readonly at: DeadSearch }) {
  const navigate = useNavigate({ from: '/deliveries' });
  // A changed filter starts at the first page, and replaces the address: Back leaves the list, not a letter.
  const filter = (change: Readonly<Record<string, string | undefined>>) =>
    void navigate({
      replace: true,
      search: ({ after: _, from: __, ...conditions }) => readDeadSearch({ ...conditions, ...change }),
    });
  const kinds = useDeadKinds().data?.items ?? [];
  const choice = (name: 'consumer' | 'type', label: string, all: string, names: readonly string[]) => (
    <NativeSelect
      label={label}
      value={at[name] ?? ''}
      onChange={(event) => filter({ [name]: event.currentTarget.value || undefined })}
      data={[{ value: '', label: all }, ...withChosen(names, at[name])]}
    />
  );
  const box = (name: 'reason' | 'subject', label: string, placeholder: string) => (
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
      {choice('consumer', 'Consumer', 'Any consumer', consumersOf(kinds))}
      {choice('type', 'Event type', 'Any event', typesOf(kinds))}
      {box('subject', 'About', 'Device id or serial')}
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
