import { TextInput } from '@mantine/core';
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
    text: 'Groups are computed anew at the interval below: devices that joined one since the last time, and were not remediated then, get its policy.',
  },
  {
    key: 'autoGroupEditAutoRemediationEnable',
    label: "When a group's filter or policy is edited",
    text: 'All devices of the group are remediated with its policy.',
  },
] as const;

export function GroupSwitches({ form: { body, set, fault, readOnly } }: { readonly form: SettingsForm }) {
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
      <TextInput
        label="Interval of the regular refresh"
        description="Days:hours:minutes:seconds, from a minute to 365 days; once for all instances of Muster. (autoGroupFilterExecutionFrequency)"
        value={body.autoGroupFilterExecutionFrequency}
        error={fault('autoGroupFilterExecutionFrequency')}
        readOnly={readOnly}
        onChange={(event) => set({ autoGroupFilterExecutionFrequency: event.currentTarget.value })}
      />
    </section>
  );
}
