import { ActionIcon, Alert, NativeSelect } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import type { CatalogueEntry, Policy, PolicyItem } from '../../api/types.js';
import type { Form } from '../../parts/document-editor.js';
import { Nothing } from '../../parts/loaded.js';
import { Shown } from '../../parts/shown.js';
import { words } from '../../words.js';
import { Requirement } from './requirement.js';

interface ItemsProps {
  readonly form: Form<Policy>;
  readonly catalogue: readonly CatalogueEntry[];
}

export function Items({ form, catalogue }: ItemsProps) {
  const { items } = form.body;
  const known = new Map(catalogue.map((entry) => [entry.key, entry]));
  const change = (at: number, to: Partial<PolicyItem>) =>
    form.set({ items: items.map((item, index) => (index === at ? { ...item, ...to } : item)) });
  const remove = (at: number) => form.set({ items: items.filter((_, index) => index !== at) });
  return (
    <section className="card card-flush" aria-labelledby="items">
      <div className="card-head">
        <h2 id="items">Settings</h2>
        <p className="small dim">Severity is for reporting only: it changes nothing on a device.</p>
      </div>
      {items.length === 0 && (
        <Nothing title="No setting yet">Add the settings that this policy requires.</Nothing>
      )}
      {items.length > 0 && (
        <div className="policy-head" aria-hidden>
          <span>Setting</span>
          <span>Required value</span>
          <span>Severity</span>
          <span>When it differs</span>
          <span>When not supported</span>
        </div>
      )}
      <ul className="plain-list">
        {items.map((item, index) => (
          <Item
            key={item.setting}
            item={item}
            entry={known.get(item.setting) ?? null}
            fault={form.fault(`items.${index}`)}
            readOnly={form.readOnly}
            onChange={(to) => change(index, to)}
            onRemove={() => remove(index)}
          />
        ))}
      </ul>
    </section>
  );
}

interface ItemProps {
  readonly item: PolicyItem;
  /** Null when this build's catalogue does not have the setting. */
  readonly entry: CatalogueEntry | null;
  readonly fault: string | undefined;
  readonly readOnly: boolean;
  readonly onChange: (to: Partial<PolicyItem>) => void;
  readonly onRemove: () => void;
}

function Item({ item, entry, fault, readOnly, onChange, onRemove }: ItemProps) {
  const title = entry?.title ?? item.setting;
  return (
    <li>
      <fieldset className="policy-item" aria-label={title} data-faulty={fault !== undefined}>
        <div className="policy-item-name">
          <span className="strong">{title}</span>
          <div className="small dim">
            {entry ? entry.category : 'not in the catalogue of this build'},{' '}
            <span className="mono">{item.setting}</span>
          </div>
          {entry && <div className="small">{hintOf(entry)}</div>}
          {entry?.maps && <div className="small dim">{entry.maps.join(' · ')}</div>}
        </div>
        <Requirement item={item} entry={entry} readOnly={readOnly} onChange={onChange} />
        <Choice
          label="Severity"
          value={item.severity}
          words={words.severity}
          readOnly={readOnly}
          onChoose={(severity) => onChange({ severity })}
        />
        <Choice
          label="When it differs"
          value={item.remediate ? 'remediate' : 'report'}
          words={differs}
          readOnly={readOnly}
          onChoose={(way) => onChange({ remediate: way === 'remediate' })}
        />
        <Choice
          label="When not supported"
          value={item.unsupported}
          words={unsupported}
          readOnly={readOnly}
          onChoose={(way) => onChange({ unsupported: way })}
        />
        {!readOnly && (
          <ActionIcon
            className="policy-item-remove"
            variant="default"
            size="lg"
            aria-label={`Remove ${title}`}
            onClick={onRemove}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        )}
        {fault !== undefined && (
          <Alert className="policy-item-fault" color="red" p="xs">
            {fault}
          </Alert>
        )}
      </fieldset>
    </li>
  );
}

function hintOf({ description, readOnly, cutsOff }: CatalogueEntry): string {
  if (readOnly) return `${description} Muster assesses it, but cannot set it.`;
  return cutsOff
    ? `${description} Written last, because a change can cut Muster off from the device.`
    : description;
}

const differs = { remediate: 'Remediate', report: 'Report only' } as const;
const unsupported = { ignore: 'Ignore', fail: 'Fail' } as const;

interface ChoiceProps<K extends string> {
  readonly label: string;
  readonly value: K;
  readonly words: Readonly<Record<K, string>>;
  readonly readOnly: boolean;
  readonly onChoose: (key: K) => void;
}

function Choice<K extends string>({ label, value, words: table, readOnly, onChoose }: ChoiceProps<K>) {
  const keys = Object.keys(table).filter((key): key is K => Object.hasOwn(table, key));
  if (readOnly) return <Shown label={label}>{table[value]}</Shown>;
  return (
    <NativeSelect
      label={label}
      value={value}
      data={keys.map((key) => ({ value: key, label: table[key] }))}
      onChange={(event) => {
        const chosen = keys.find((key) => key === event.currentTarget.value);
        if (chosen !== undefined) onChoose(chosen);
      }}
    />
  );
}
