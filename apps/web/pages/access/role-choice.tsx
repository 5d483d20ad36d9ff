import { NativeSelect } from '@mantine/core';
import type { TokenRole } from '../../api/types.js';
import { words } from '../../words.js';

export const roles = ['viewer', 'operator', 'admin'] as const;
/** Of programs. */
export const tokenRoles = [...roles, 'trust'] as const;

export const rolesExplained =
  'Viewers see everything but this page. Operators also change policies, groups, listeners, serial numbers and devices. Administrators also change settings, licences and access.';

interface RoleChoiceProps<R extends TokenRole> {
  readonly role: R;
  readonly among: readonly R[];
  readonly onChoose: (role: R) => void;
}

export function RoleChoice<R extends TokenRole>({ role, among, onChoose }: RoleChoiceProps<R>) {
  return (
    <NativeSelect
      label="Role"
      value={role}
      data={among.map((value) => ({ value, label: words.role[value] }))}
      onChange={(event) => {
        const chosen = among.find((known) => known === event.currentTarget.value);
        if (chosen) onChoose(chosen);
      }}
    />
  );
}
