import { NumberInput } from '@mantine/core';
import { usePolicies } from '../../api/queries.js';
import { DocumentChoice } from '../../parts/document-choice.js';
import { OneOf, OnOff } from '../../parts/choice.js';
import type { SettingsForm } from './form.js';

const modes = {
  initial: 'Always the Initial Assessment Policy',
  last: 'The policy last used on the device',
} as const;

export function Remediation({ form: { body, set, fault, readOnly } }: { readonly form: SettingsForm }) {
  const policies = usePolicies();
  const noPolicy = body.initialPolicy === null;
  const choosePolicy = (id: string | null) =>
    set(id === null ? { initialPolicy: null, allowRemediation: false } : { initialPolicy: id });
  return (
    <section className="card stack" aria-labelledby="remediation">
      <h2 id="remediation">Assessment and remediation</h2>
      <DocumentChoice
        label="Initial Assessment Policy"
        text="What every device that announces itself is compared with."
        none="None chosen"
        documents={policies.data?.items ?? []}
        chosen={body.initialPolicy}
        readOnly={readOnly}
        fault={fault('initialPolicy')}
        onChoose={choosePolicy}
      />
      <OnOff
        label="Allow Automatic Remediation"
        text={
          noPolicy
            ? 'Needs an Initial Assessment Policy: choose one above first.'
            : 'Devices are assessed, settings that differ are changed, and read again. Off: no policy changes anything any more, from the next write on, in what is running too. Devices are still discovered; those that are asked for or scheduled are read, and told as not compliant where they differ. An undo still writes: it is stopped on the page Tasks.'
        }
        on={body.allowRemediation}
        readOnly={readOnly}
        disabled={noPolicy}
        fault={fault('allowRemediation')}
        onChange={(allowRemediation) => set({ allowRemediation })}
      />
      <OneOf
        label="When a known device announces itself again"
        text="Which policy it is compared with."
        value={body.policyMode}
        words={modes}
        readOnly={readOnly}
        fault={fault('policyMode')}
        onChange={(policyMode) => set({ policyMode })}
      />
      <OnOff
        label="Skip the initial policy for devices with group policies"
        text="A device with at least one autogroup policy gets only those; any other device still gets the initial one. (skipInstantOnPolicy)"
        on={body.skipInstantOnPolicy}
        readOnly={readOnly}
        onChange={(skipInstantOnPolicy) => set({ skipInstantOnPolicy })}
      />
      <NumberInput
        label="Tasks at a time"
        description="Devices worked on at once, over all instances of Muster. (maxNumberTasks)"
        min={1}
        max={1000}
        allowDecimal={false}
        value={body.maxNumberTasks}
        error={fault('maxNumberTasks')}
        readOnly={readOnly}
        onChange={(typed) => set({ maxNumberTasks: typeof typed === 'number' ? typed : 0 })}
      />
      <NumberInput
        label="Scheduled tasks at a time"
        description="Of schedules, beside the tasks above. (scheduledTasksMax)"
        min={1}
        max={100}
        allowDecimal={false}
        value={body.scheduledTasksMax}
        error={fault('scheduledTasksMax')}
        readOnly={readOnly}
        onChange={(typed) => set({ scheduledTasksMax: typeof typed === 'number' ? typed : 0 })}
      />
      <NumberInput
        label="Devices of a scheduled task"
        description="All of which are worked on at once. (scheduledDevicesPerTask)"
        min={1}
        max={100}
        allowDecimal={false}
        value={body.scheduledDevicesPerTask}
        error={fault('scheduledDevicesPerTask')}
        readOnly={readOnly}
        onChange={(typed) => set({ scheduledDevicesPerTask: typeof typed === 'number' ? typed : 0 })}
      />
    </section>
  );
}
