import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import {
  blankBlock,
  blankCondition,
  choiceOf,
  fields,
  operatorsFor,
  placeholders,
  type Block,
  type Condition,
  type Field,
  type Operator,
  type Part,
} from './filter-form.js';

interface BlockEditorProps {
  readonly block: Block;
  readonly depth: number;
  readonly onChange: (block: Block) => void;
  /** Null for the outermost block. */
  readonly onRemove: (() => void) | null;
  /** What the outermost block's conditions lead to. */
  readonly says?: string;
}

/** Blocks in blocks; the server takes eight levels, more than a person reads. */
const depthMax = 4;

const modes = {
  all: 'all of these hold',
  any: 'any of these holds',
  notAll: 'not all of these hold',
  notAny: 'none of these holds',
} as const;
type Mode = keyof typeof modes;
const modeKeys: readonly Mode[] = ['all', 'any', 'notAny', 'notAll'];
const modeOf = ({ mode, not }: Block): Mode =>
  mode === 'all' ? (not ? 'notAll' : 'all') : not ? 'notAny' : 'any';
const modeParts: Readonly<Record<Mode, Pick<Block, 'mode' | 'not'>>> = {
  all: { mode: 'all', not: false },
  any: { mode: 'any', not: false },
  notAll: { mode: 'all', not: true },
  notAny: { mode: 'any', not: true },
};

export function BlockEditor({
  block,
  depth,
  onChange,
  onRemove,
  says = 'A device belongs when',
}: BlockEditorProps) {
  const put = (at: number, part: Part | null) =>
    onChange({
      ...block,
      parts: block.parts.flatMap((old, index) => (index !== at ? [old] : part ? [part] : [])),
    });
  const add = (part: Part) => onChange({ ...block, parts: [...block.parts, part] });
  return (
    <fieldset className="filter-block" aria-label={depth === 0 ? 'Filter' : 'Inner conditions'}>
      <div className="row row-bottom">
        <NativeSelect
          label={depth === 0 ? says : 'where'}
          value={modeOf(block)}
          data={modeKeys.map((value) => ({
            value,
            label: modes[value],
          }))}
          onChange={(event) => {
            const chosen = modeKeys.find((key) => key === event.currentTarget.value);
            if (chosen) onChange({ ...block, ...modeParts[chosen] });
          }}
        />
        {onRemove && <Remove label="Remove these conditions" onRemove={onRemove} />}
      </div>
      {block.parts.map((part, index) =>
        part.kind === 'condition' ? (
          <ConditionEditor
            key={part.id}
            condition={part}
            onChange={(to) => put(index, to)}
            onRemove={() => put(index, null)}
          />
        ) : (
          <BlockEditor
            key={part.id}
            block={part}
            depth={depth + 1}
            onChange={(to) => put(index, to)}
            onRemove={() => put(index, null)}
          />
        ),
      )}
      <div className="row">
        <AddButton label="Condition" onAdd={() => add(blankCondition())} />
        {depth < depthMax && <AddButton label="Inner conditions" onAdd={() => add(blankBlock())} />}
      </div>
    </fieldset>
  );
}

function AddButton({ label, onAdd }: { readonly label: string; readonly onAdd: () => void }) {
  return (
    <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={onAdd}>
      {label}
    </Button>
  );
}

function Remove({ label, onRemove }: { readonly label: string; readonly onRemove: () => void }) {
  return (
    <ActionIcon variant="default" size="lg" aria-label={label} onClick={onRemove}>
      <IconTrash size={16} aria-hidden />
    </ActionIcon>
  );
}

interface ConditionEditorProps {
  readonly condition: Condition;
  readonly onChange: (condition: Condition) => void;
  readonly onRemove: () => void;
}

const fieldKeys = Object.keys(fields).filter((key): key is Field => Object.hasOwn(fields, key));

function ConditionEditor({ condition, onChange, onRemove }: ConditionEditorProps) {
  const { field, operator, value, not } = condition;
  const operators = operatorsFor(field);
  const chooseField = (name: string) => {
    const chosen = fieldKeys.find((key) => key === name);
    if (chosen) onChange({ ...condition, field: chosen, operator: keptOperator(chosen, operator) });
  };
  const chooseOperator = (name: string) => {
    const chosen = operators.find((entry) => entry.value === name);
    if (chosen) onChange({ ...condition, operator: chosen.operator, not: chosen.not });
  };
  return (
    <div className="filter-condition">
      <NativeSelect
        aria-label="Attribute"
        value={field}
        data={fieldKeys.map((key) => ({ value: key, label: fields[key] }))}
        onChange={(event) => chooseField(event.currentTarget.value)}
      />
      <NativeSelect
        aria-label="Comparison"
        value={choiceOf(operator, not).value}
        data={operators.map((choice) => ({ value: choice.value, label: choice.label }))}
        onChange={(event) => chooseOperator(event.currentTarget.value)}
      />
      <TextInput
        aria-label="Value"
        className="filter-value"
        placeholder={placeholders[field]}
        maxLength={256}
        value={value}
        onChange={(event) => onChange({ ...condition, value: event.currentTarget.value })}
      />
      <Remove label={`Remove the condition on ${fields[field]}`} onRemove={onRemove} />
    </div>
  );
}

/** The operator stays where the new field knows it too. */
function keptOperator(field: Field, operator: Operator): Operator {
  const known = operatorsFor(field).map((entry) => entry.operator);
  return known.includes(operator) ? operator : (known[0] ?? 'contains');
}
