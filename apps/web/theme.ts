import { createTheme, type MantineColorsTuple } from '@mantine/core';

// The same ten shades stand in look/tokens.css: Mantine's own style tag is switched off, so that the page needs no
// 'unsafe-inline'. Here they only tell Mantine that a colour of this name exists.
const accent: MantineColorsTuple = [
  '#e9f6f5',
  '#cfe9e7',
  '#a3d6d2',
  '#6fbfb9',
  '#40a8a1',
  '#1c938b',
  '#0d817a',
  '#0b6e69',
  '#095c58',
  '#074844',
];

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: 7,
  colors: { accent },
  respectReducedMotion: true,
  cursorType: 'pointer',
});
