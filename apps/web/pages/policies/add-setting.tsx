import { Button, NativeSelect } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { askedOf } from '../../../../libs/device/catalogue/setting.js';
import type { CatalogueEntry, Policy, PolicyItem } from '../../api/types.js';
import type { Form } from '../../parts/document-editor.js';

interface AddSettingProps {
  readonly form: Form<Policy>;
  readonly catalogue: readonly CatalogueEntry[];
}

export function AddSetting({ form, catalogue }: AddSettingProps) {
  const [chosen, setChosen] = useState('');
  const taken = new Set(form.body.items.map((item) => item.setting));
  const free = catalogue.filter((entry) => !taken.has(entry.key));
  const add = (entries: readonly CatalogueEntry[]) => {
    form.set({ items: [...form.body.items, ...entries.map(itemOf)] });
    setChosen('');
  };
  if (free.length === 0) return <p className="dim">Every setting of the catalogue is in this policy.</p>;
  return (
    <div className="row row-bottom">
      <NativeSelect
        className="grow narrow"
        label="Add a setting"
        value={chosen}
        data={[{ value: '', label: 'Choose one' }, ...byCategory(free)]}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
      <Button
        variant="default"
        leftSection={<IconPlus size={16} aria-hidden />}
        disabled={chosen === ''}
        onClick={() => add(free.filter((entry) => entry.key === chosen))}
      >
        Add
      </Button>
      <Button variant="subtle" onClick={() => add(free)}>
        Add all {free.length}
      </Button>
    </div>
  );
}

function byCategory(entries: readonly CatalogueEntry[]) {
  const groups = Map.groupBy(entries, (entry) => entry.category);
  return [...groups].map(([group, items]) => ({
    group,
    items: items.map((entry) => ({ value: entry.key, label: entry.title })),
  }));
}

const itemOf = (entry: CatalogueEntry): PolicyItem => ({
  setting: entry.key,
  ...askedOf(entry),
  severity: entry.severity,
  remediate: !entry.readOnly,
  unsupported: 'ignore',
});
