// A setting before and after, in the words of the catalogue.
import { IconArrowRight } from '@tabler/icons-react';
import { valueWord } from '../../../libs/device/catalogue/words.js';
import { useCatalogue } from '../api/queries.js';
import type { CatalogueEntry, Change } from '../api/types.js';

/** What the catalogue says of a setting. */
export function useEntries() {
  const catalogue = useCatalogue().data?.items ?? [];
  const entries = new Map(catalogue.map((entry) => [entry.key, entry]));
  return ({ setting }: Pick<Change, 'setting'>): CatalogueEntry | null => entries.get(setting) ?? null;
}

interface FromToProps {
  readonly from: Change['before'] | null;
  readonly to: Change['after'];
  readonly entry: CatalogueEntry | null;
}

export function FromTo({ from, to, entry }: FromToProps) {
  return (
    <span className="from-to">
      <span className="dim">{valueWord(from, entry)}</span>
      <IconArrowRight size={14} role="img" aria-label="changed to" />
      <strong>{valueWord(to, entry)}</strong>
    </span>
  );
}
