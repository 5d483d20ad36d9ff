// One rule of IPsec: deploy/ipsec.md says what its fields are.
import { ActionIcon, Checkbox, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { ruleWords } from '../../../../libs/documents/ipsec/words.js';
import type { IpsecRule } from '../../api/types.js';
import { Shown } from '../../parts/shown.js';

interface RuleProps {
  readonly rule: IpsecRule;
  /** What is wrong with one of its fields. */
  readonly fault: (field: keyof IpsecRule) => string | undefined;
  readonly readOnly: boolean;
  readonly onChange: (to: Partial<IpsecRule>) => void;
  readonly onRemove: () => void;
}

export function Rule({ rule, fault, readOnly, onChange, onRemove }: RuleProps) {
  const name = rule.name || 'new rule';
  if (readOnly) return <Shown label={name}>{ruleWords(rule)}</Shown>;
  return (
    <fieldset className="stack-close rule" aria-label={`Rule ${name}`}>
      <div className="row row-fields">
        {texts.map(({ field, label, set }) => (
          <TextInput
            key={field}
            className="grow"
            label={label}
            maxLength={field === 'name' ? 48 : 1024}
            value={rule[field]}
            error={fault(field)}
            onChange={(event) => onChange(set(event.currentTarget.value))}
          />
        ))}
        <ActionIcon variant="default" size="lg" aria-label={`Remove ${name}`} onClick={onRemove}>
          <IconTrash size={16} aria-hidden />
        </ActionIcon>
      </div>
      <Proof rule={rule} fault={fault} onChange={onChange} />
      <Lifetimes rule={rule} fault={fault} onChange={onChange} />
    </fieldset>
  );
}

const texts = [
  { field: 'name', label: 'Rule', set: (name: string) => ({ name }) },
  { field: 'local', label: 'Devices', set: (local: string) => ({ local }) },
  { field: 'remote', label: 'Hosts', set: (remote: string) => ({ remote }) },
] as const;

type PartProps = Pick<RuleProps, 'rule' | 'fault' | 'onChange'>;

const signatures = { ecdsa256: 'ECDSA P-256', ecdsa384: 'ECDSA P-384', rsa: 'RSA', none: 'None' } as const;
const strengths = { baseline: 'Baseline', strong: 'Strong', highest: 'Highest' } as const;
const groups = { dh14: '14', ecp256: 'P-256 (19)', ecp384: 'P-384 (20)', dh24: '24' } as const;
const laterGroups = { none: 'None', ...groups } as const;
const keyings = { ike: 'IKE', authip: 'AuthIP' } as const;
const traversals = { off: 'Off', remote: 'Hosts', both: 'Hosts and device' } as const;

function Proof({ rule, fault, onChange }: PartProps) {
  return (
    <div className="row row-fields">
      <Choice
        label="Certificate"
        value={rule.certificate ?? 'none'}
        words={signatures}
        error={fault('certificate')}
        onChoose={(one) => onChange({ certificate: one === 'none' ? null : one })}
      />
      <TextInput
        label="Pre-shared key, by name"
        placeholder="none"
        maxLength={32}
        value={rule.preSharedKey ?? ''}
        error={fault('preSharedKey')}
        onChange={(event) => onChange({ preSharedKey: event.currentTarget.value.trim() || null })}
      />
      <Choice
        label="Lowest strength"
        value={rule.strength}
        words={strengths}
        error={fault('strength')}
        onChoose={(strength) => onChange({ strength })}
      />
      <Choice
        label="Group"
        value={rule.dh}
        words={groups}
        error={fault('dh')}
        onChoose={(dh) => onChange({ dh })}
      />
      <Choice
        label="Group of phase 2"
        value={rule.dhPhase2 ?? 'none'}
        words={laterGroups}
        error={fault('dhPhase2')}
        onChoose={(one) => onChange({ dhPhase2: one === 'none' ? null : one })}
      />
      <Checkbox
        label="Group 24 is taken, too (RFC 8247: it should not be)"
        checked={rule.legacy}
        onChange={(event) => onChange({ legacy: event.currentTarget.checked })}
      />
    </div>
  );
}

function Lifetimes({ rule, fault, onChange }: PartProps) {
  return (
    <div className="row row-fields">
      <Choice
        label="Keying"
        value={rule.keying}
        words={keyings}
        error={fault('keying')}
        onChoose={(keying) => onChange({ keying })}
      />
      <Choice
        label="Behind NAT"
        value={rule.natTraversal}
        words={traversals}
        error={fault('natTraversal')}
        onChoose={(natTraversal) => onChange({ natTraversal })}
      />
      {minutes.map(({ field, label, min, set }) => (
        <NumberInput
          key={field}
          label={label}
          suffix=" minutes"
          value={rule[field]}
          min={min}
          max={1440}
          clampBehavior="none"
          error={fault(field)}
          onChange={(typed) => onChange(set(Number(typed)))}
        />
      ))}
    </div>
  );
}

const minutes = [
  {
    field: 'ikeMinutes',
    label: 'Keys of phase 1 live',
    min: 10,
    set: (ikeMinutes: number) => ({ ikeMinutes }),
  },
  {
    field: 'ipsecMinutes',
    label: 'Keys of phase 2 live',
    min: 5,
    set: (ipsecMinutes: number) => ({ ipsecMinutes }),
  },
] as const;

interface ChoiceProps<K extends string> {
  readonly label: string;
  readonly value: K;
  readonly words: Readonly<Record<K, string>>;
  readonly error: string | undefined;
  readonly onChoose: (key: K) => void;
}

function Choice<K extends string>({ label, value, words, error, onChoose }: ChoiceProps<K>) {
  const keys = Object.keys(words).filter((key): key is K => Object.hasOwn(words, key));
  return (
    <NativeSelect
      label={label}
      value={value}
      error={error}
      data={keys.map((key) => ({ value: key, label: words[key] }))}
      onChange={(event) => {
        const chosen = keys.find((key) => key === event.currentTarget.value);
        if (chosen !== undefined) onChoose(chosen);
      }}
    />
  );
}
