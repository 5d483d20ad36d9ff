import { Checkbox, NativeSelect } from '@mantine/core';
import { requiredWord, valueWord } from '../../../../libs/device/catalogue/words.js';
import type { CatalogueEntry, Comparison, PolicyItem, SettingValue } from '../../api/types.js';
import { Shown } from '../../parts/shown.js';
import { words } from '../../words.js';
import { RequiredValue } from './required-value.js';

interface RequirementProps {
  readonly item: PolicyItem;
  readonly entry: CatalogueEntry | null;
  readonly readOnly: boolean;
  readonly onChange: (to: Partial<PolicyItem>) => void;
}

/** What is required: the value, and how a device's one is compared with it where there is more than one way. */
export function Requirement({ item, entry, readOnly, onChange }: RequirementProps) {
  if (readOnly) return <Shown label="Required value">{requiredWord(item, entry)}</Shown>;
  return (
    <div className="stack-close">
      <Compared item={item} entry={entry} onChange={onChange} />
      <RequiredValue value={item.required} entry={entry} onChange={(required) => onChange({ required })} />
      {item.compare === 'oneOf' && <Also item={item} entry={entry} onChange={onChange} />}
    </div>
  );
}

type PartProps = Omit<RequirementProps, 'readOnly'>;

function Compared({ item: { compare = 'equals', also = [] }, entry, onChange }: PartProps) {
  // One of several is for choices: of numbers and texts there would be no end of boxes.
  const offered = (entry?.comparisons ?? ['equals']).filter(
    (each) => each !== 'oneOf' || entry?.type === 'choice' || each === compare,
  );
  if (offered.length < 2) return null;
  return (
    <NativeSelect
      label="Compared"
      value={compare}
      data={offered.map((value) => ({ value, label: words.comparison[value] }))}
      onChange={(event) => {
        const chosen = offered.find((each) => each === event.currentTarget.value);
        if (chosen !== undefined) onChange(comparedBy(chosen, also));
      }}
    />
  );
}

/** What says nothing is left out, as in every other policy. */
const comparedBy = (compare: Comparison, also: readonly SettingValue[]): Partial<PolicyItem> => ({
  compare: compare === 'equals' ? undefined : compare,
  also: compare === 'oneOf' ? [...also] : undefined,
});

/** The other values that are as good. */
function Also({ item: { required, also = [] }, entry, onChange }: PartProps) {
  const choices = [...new Set([...(entry?.choices ?? []), ...also])].filter((value) => value !== required);
  const toggle = (value: SettingValue, on: boolean) =>
    onChange({ also: choices.filter((each) => (each === value ? on : also.includes(each))) });
  return (
    <fieldset className="as-good" aria-label="As good">
      {choices.map((value) => (
        <Checkbox
          key={String(value)}
          size="xs"
          label={valueWord(value, entry)}
          checked={also.includes(value)}
          onChange={(event) => toggle(value, event.currentTarget.checked)}
        />
      ))}
    </fieldset>
  );
}
