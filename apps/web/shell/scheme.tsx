import { NativeSelect, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';

const schemes: readonly { readonly value: MantineColorScheme; readonly label: string }[] = [
  { value: 'auto', label: 'Colours: as the system' },
  { value: 'light', label: 'Colours: light' },
  { value: 'dark', label: 'Colours: dark' },
];

/** Dark, light, or what the system asks for; kept in this browser. */
export function Scheme() {
  // Keeping transitions: Mantine would stop them with a style tag, which the page's policy forbids.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  return (
    <NativeSelect
      size="xs"
      aria-label="Colours"
      data={schemes}
      value={colorScheme}
      onChange={(event) => {
        const chosen = schemes.find((scheme) => scheme.value === event.currentTarget.value);
        if (chosen) setColorScheme(chosen.value);
      }}
    />
  );
}
