import { OnOff } from '../../parts/choice.js';
import type { SettingsForm } from './form.js';

const switches = [
  {
    key: 'autoGroupDiscoveryAutoRemediationEnable',
    label: 'When discovery adds a device to a group',
    text: 'Manual or automatic discovery: devices newly added to a group get its policy.',
  },
  {
    key: 'autoGroupDailyRefreshAutoRemediationEnable',
    label: 'When the regular refresh adds a device to a group',
    text: 'Groups are computed anew at a fixed interval: devices newly added get the policy.',
  },
  {
    key: 'autoGroupEditAutoRemediationEnable',
    label: "When a group's filter or policy is edited",
    text: 'All devices of the group are remediated with its policy.',
  },
] as const;

export function GroupSwitches({ form: { body, set, readOnly } }: { readonly form: SettingsForm }) {
  return (
    <section className="card stack" aria-labelledby="group-switches">
      <h2 id="group-switches">Remediation by group, besides announcements</h2>
      {switches.map(({ key, label, text }) => (
        <OnOff
          key={key}
          label={label}
          text={text}
          on={body[key]}
          readOnly={readOnly}
          onChange={(on) => set({ [key]: on })}
        />
      ))}
    </section>
  );
}
