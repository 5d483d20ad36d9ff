import { NativeSelect } from '@mantine/core';
import type { Role } from '../../api/types.js';
import { words } from '../../words.js';

const roles: readonly Role[] = ['viewer', 'operator', 'admin'];

export const rolesExplained =
  'Viewers see everything but this page. Operators also change policies, groups, listeners, serial numbers and devices. Administrators also change settings, licences and access.';

export function RoleChoice({
  role,
  onChoose,
}: {
  readonly role: Role;
  readonly onChoose: (role: Role) => void;
}) {
  return (
    <NativeSelect
      label="Role"
      value={role}
      data={roles.map((value) => ({ value, label: words.role[value] }))}
      onChange={(event) => {
        const chosen = roles.find((known) => known === event.currentTarget.value);
        if (chosen) onChoose(chosen);
      }}
    />
  );
}
