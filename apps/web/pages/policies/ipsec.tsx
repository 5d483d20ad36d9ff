// The rules of IPsec that a policy requires.
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { usualIpsec } from '../../../../libs/documents/ipsec/words.js';
import type { IpsecRule, Policy, PolicyIpsec } from '../../api/types.js';
import { OneOf } from '../../parts/choice.js';
import { Confirm } from '../../parts/confirm.js';
import type { Form } from '../../parts/document-editor.js';
import { Nothing } from '../../parts/loaded.js';
import { words } from '../../words.js';
import { Rule } from './ipsec-rule.js';

const fresh: PolicyIpsec = { severity: 'high', remediate: true, unsupported: 'ignore', rules: [] };
const rulesMax = 20;

export function Ipsec({ form }: { readonly form: Form<Policy> }) {
  const { readOnly, body } = form;
  const { ipsec } = body;
  if (ipsec) return <Rules form={form} ipsec={ipsec} />;
  if (readOnly) return null;
  return (
    <Button variant="subtle" className="start" onClick={() => form.set({ ipsec: fresh })}>
      Require IPsec rules
    </Button>
  );
}

interface RulesProps {
  readonly form: Form<Policy>;
  readonly ipsec: PolicyIpsec;
}

function Rules({ form, ipsec }: RulesProps) {
  const { readOnly } = form;
  const { rules } = ipsec;
  const set = (to: Partial<PolicyIpsec>) => form.set({ ipsec: { ...ipsec, ...to } });
  const change = (at: number, to: Partial<IpsecRule>) =>
    set({ rules: rules.map((rule, index) => (index === at ? { ...rule, ...to } : rule)) });
  return (
    <section className="card stack" aria-labelledby="ipsec">
      <div className="stack-close">
        <h2 id="ipsec">IPsec rules</h2>
        <p className="small dim">
          A device is to have these rules and no others. They are written last of all, in the place of those
          that it has: a rule that is about this server cuts Muster off, unless this host speaks IPsec too.
        </p>
      </div>
      <Handling ipsec={ipsec} readOnly={readOnly} onChange={set} />
      {rules.length === 0 && <Nothing title="No rule">A device is to have no rules of IPsec.</Nothing>}
      {rules.map((rule, at) => (
        <Rule
          key={at}
          rule={rule}
          fault={(field) => form.fault(`ipsec.rules.${at}.${field}`)}
          readOnly={readOnly}
          onChange={(to) => change(at, to)}
          onRemove={() => set({ rules: rules.filter((_, index) => index !== at) })}
        />
      ))}
      {!readOnly && (
        <div className="row">
          <Button
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            disabled={rules.length >= rulesMax}
            onClick={() => set({ rules: [...rules, blankRule] })}
          >
            Add a rule
          </Button>
          <Confirm
            label="Ask for no rules"
            question="Take the IPsec rules out of this policy?"
            act="Take out"
            pending={false}
            problem={null}
            onConfirm={(close) => {
              close();
              form.set({ ipsec: undefined });
            }}
          >
            Devices keep the rules that they have, and are not asked for them any more.
          </Confirm>
        </div>
      )}
    </section>
  );
}

const differs = { remediate: 'Remediate', report: 'Report only' } as const;
const unsupported = { ignore: 'Ignore', fail: 'Fail' } as const;

interface HandlingProps {
  readonly ipsec: PolicyIpsec;
  readonly readOnly: boolean;
  readonly onChange: (to: Partial<PolicyIpsec>) => void;
}

function Handling({ ipsec, readOnly, onChange }: HandlingProps) {
  return (
    <div className="row row-bottom">
      <OneOf
        label="Severity of IPsec"
        text="For reports and the score alone."
        value={ipsec.severity}
        words={words.severity}
        readOnly={readOnly}
        onChange={(severity) => onChange({ severity })}
      />
      <OneOf
        label="When the rules differ"
        text="Report only: nothing is written."
        value={ipsec.remediate ? 'remediate' : 'report'}
        words={differs}
        readOnly={readOnly}
        onChange={(way) => onChange({ remediate: way === 'remediate' })}
      />
      <OneOf
        label="When a device has no IPsec"
        text="Or no interface that tells of its rules."
        value={ipsec.unsupported}
        words={unsupported}
        readOnly={readOnly}
        onChange={(way) => onChange({ unsupported: way })}
      />
    </div>
  );
}

const blankRule: IpsecRule = {
  name: '',
  local: 'all',
  remote: '',
  ...usualIpsec,
  certificate: 'ecdsa256',
  strength: 'strong',
  dh: 'ecp256',
};
