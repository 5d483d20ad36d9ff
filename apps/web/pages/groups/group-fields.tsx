import { NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { usePolicies } from '../../api/queries.js';
import type { Group } from '../../api/types.js';
import { DocumentChoice } from '../../parts/document-choice.js';
import type { Form } from '../../parts/document-editor.js';
import { Shown } from '../../parts/shown.js';
import { words } from '../../words.js';
import { FilterSection } from './filter-section.js';
import { Members } from './members.js';

/** The group of all devices is there from the start; no other can be made. */
const kinds: readonly { readonly value: Group['kind']; readonly label: string }[] = [
  { value: 'automatic', label: 'Automatic: by a filter' },
  { value: 'manual', label: 'Manual: devices chosen by hand' },
];

export function GroupFields({ form }: { readonly form: Form<Group> }) {
  const { body, set, fault, readOnly } = form;
  return (
    <>
      <div className="card stack narrow">
        <TextInput
          label="Name"
          required
          maxLength={128}
          value={body.name}
          error={fault('name')}
          readOnly={readOnly}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <KindChoice form={form} />
        <PolicyChoice form={form} />
        <NumberInput
          label="Priority"
          description="Policies of several groups apply in this order, the lowest number first."
          min={0}
          max={100_000}
          allowDecimal={false}
          value={body.priority}
          error={fault('priority')}
          readOnly={readOnly}
          onChange={(typed) => set({ priority: typeof typed === 'number' ? typed : 0 })}
        />
      </div>
      {body.kind === 'automatic' && <FilterSection form={form} />}
      {body.kind === 'manual' && <Members form={form} />}
    </>
  );
}

function KindChoice({ form: { body, set, fault, readOnly } }: { readonly form: Form<Group> }) {
  if (readOnly || body.kind === 'all') return <Shown label="Kind">{words.groupKind[body.kind]}</Shown>;
  return (
    <NativeSelect
      label="Kind"
      value={body.kind}
      error={fault('kind')}
      data={[...kinds]}
      onChange={(event) => {
        const chosen = kinds.find((kind) => kind.value === event.currentTarget.value);
        if (chosen) set({ kind: chosen.value, filter: null, members: [] });
      }}
    />
  );
}

function PolicyChoice({ form: { body, set, fault, readOnly } }: { readonly form: Form<Group> }) {
  const policies = usePolicies();
  return (
    <DocumentChoice
      label="Policy"
      text="Applied to members that announce themselves, after the Initial Assessment Policy."
      none="None"
      documents={policies.data?.items ?? []}
      chosen={body.policyId}
      readOnly={readOnly}
      fault={fault('policyId')}
      onChoose={(policyId) => set({ policyId })}
    />
  );
}
