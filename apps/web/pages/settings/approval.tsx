import { Alert, Button, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { Filter, Settings } from '../../api/types.js';
import { OnOff } from '../../parts/choice.js';
import { BlockEditor } from '../groups/filter-builder.js';
import { blockOf, filterOf, filterWords, type Block } from '../groups/filter-form.js';
import type { SettingsForm } from './form.js';

type Rule = Settings['approvalRules'][number];

interface EditedRule {
  readonly id: number;
  readonly name: string;
  readonly block: Block;
}

const rulesMax = 50;
let lastId = 0;
const edited = ({ name, filter }: { readonly name: string; readonly filter: Filter | null }): EditedRule => ({
  id: (lastId += 1),
  name,
  block: blockOf(filter),
});

/** A rule that is not filled in yet holds for nobody, and the server says so at its place. */
const unfinished: Filter = { any: [] };
const ruleOf = ({ name, block }: EditedRule): Rule => ({ name, filter: filterOf(block) ?? unfinished });

export function Approval({ form }: { readonly form: SettingsForm }) {
  const { body, set, readOnly } = form;
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    if (window.location.hash === '#approval') section.current?.scrollIntoView();
  }, []);
  const waiting = !body.approval && form.saved.approval;
  return (
    <section ref={section} className="card stack" aria-labelledby="approval">
      <h2 id="approval">Approval</h2>
      <OnOff
        label="Approve unknown devices"
        text="On: a device that is not known yet is held until somebody admits it, or a rule below does. Known devices are not asked about."
        on={body.approval}
        readOnly={readOnly}
        onChange={(approval) => set({ approval })}
      />
      {waiting && (
        <Alert color="yellow" role="status">
          Once you save, all devices that wait are admitted. Refuse first whom you do not want:{' '}
          <Link to="/approval">Approval</Link>
        </Alert>
      )}
      {readOnly ? <ShownRules rules={body.approvalRules} /> : <Rules form={form} />}
    </section>
  );
}

function ShownRules({ rules }: { readonly rules: readonly Rule[] }) {
  if (rules.length === 0) return null;
  return (
    <ul className="plain-list stack-close">
      {rules.map(({ name, filter }, at) => (
        <li key={at}>
          <strong>{name}</strong>: admits a device when {filterWords(filter)}.
        </li>
      ))}
    </ul>
  );
}

function Rules({ form }: { readonly form: SettingsForm }) {
  const saved = form.body.approvalRules;
  const now = JSON.stringify(saved);
  const [{ rules, told }, setEdited] = useState(() => ({ rules: saved.map(edited), told: now }));
  // Undo, or what somebody else saved, brings other rules: then the editor follows them.
  if (told !== now) setEdited({ rules: saved.map(edited), told: now });
  const change = (to: readonly EditedRule[]) => {
    const approvalRules = to.map(ruleOf);
    setEdited({ rules: [...to], told: JSON.stringify(approvalRules) });
    form.set({ approvalRules });
  };
  const put = (rule: EditedRule) => change(rules.map((one) => (one.id === rule.id ? rule : one)));
  return (
    <>
      <p className="dim">
        Rules admit by themselves, also those that wait already. What a device says of itself is not proved: a
        rule counts only where the connection comes from the address that the device names.
      </p>
      {rules.map((rule, at) => (
        <RuleEditor
          key={rule.id}
          rule={rule}
          nameFault={form.fault(`approvalRules.${at}.name`)}
          filterFault={form.fault(`approvalRules.${at}.filter`)}
          onChange={put}
          onRemove={() => change(rules.filter(({ id }) => id !== rule.id))}
        />
      ))}
      {rules.length < rulesMax && (
        <div className="row">
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => change([...rules, edited({ name: '', filter: null })])}
          >
            Add a rule
          </Button>
        </div>
      )}
    </>
  );
}

interface RuleEditorProps {
  readonly rule: EditedRule;
  readonly nameFault: string | undefined;
  readonly filterFault: string | undefined;
  readonly onChange: (rule: EditedRule) => void;
  readonly onRemove: () => void;
}

function RuleEditor({ rule, nameFault, filterFault, onChange, onRemove }: RuleEditorProps) {
  const named = rule.name.trim() || 'this rule';
  return (
    <fieldset className="stack-close rule" aria-label={`Rule ${rule.name}`}>
      <div className="row row-bottom">
        <TextInput
          className="grow"
          label="Name of the rule"
          maxLength={128}
          value={rule.name}
          error={nameFault}
          onChange={(event) => onChange({ ...rule, name: event.currentTarget.value })}
        />
        <Button
          variant="default"
          leftSection={<IconTrash size={16} aria-hidden />}
          aria-label={`Remove ${named}`}
          onClick={onRemove}
        >
          Remove
        </Button>
      </div>
      <BlockEditor
        block={rule.block}
        depth={0}
        onRemove={null}
        says="Admits a device when"
        onChange={(block) => onChange({ ...rule, block })}
      />
      {filterFault !== undefined && (
        <Alert color="red">
          {filterOf(rule.block) ? filterFault : 'Fill in every condition of this rule, or remove it.'}
        </Alert>
      )}
    </fieldset>
  );
}
