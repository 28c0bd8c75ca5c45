/** How the studio looks: one colour of its own, the system's fonts, quiet edges. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const tide: MantineColorsTuple = [
  '#e8f7f9', '#d3ebef', '#a5d7df', '#74c2cf', '#4db0c0', '#35a5b8', '#0e7f96', '#0c7489', '#0a6477', '#04505f',
];

/** Greys with a touch of the sea; Mantine draws everything dark from them. */
const dark: MantineColorsTuple = [
  '#d7dce0', '#b9c1c8', '#98a2ab', '#6f7a84', '#363e46', '#2a3138', '#20262b', '#191e22', '#121619', '#0c0f11',
];

export const theme = createTheme({
  colors: { tide, dark },
  primaryColor: 'tide',
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, Cantarell, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, "Cascadia Mono", "Segoe UI Mono", Menlo, Consolas, "Noto Sans Mono", "DejaVu Sans Mono", monospace',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.45rem', lineHeight: '1.3' }, h2: { fontSize: '0.95rem', lineHeight: '1.4' } } },
  components: {
    Button: { defaultProps: { fw: 550 } },
    Badge: { defaultProps: { tt: 'none', fw: 550, radius: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
  },
});

/** Text that can be read where Mantine's own is too faint (WCAG AA). */
export const resolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5c6670',
    '--mantine-color-placeholder': '#6a747e',
    '--mantine-color-anchor': tide[8],
    '--mantine-color-error': '#b42318',
    '--mantine-color-teal-light-color': '#06614a',
    '--mantine-color-yellow-light-color': '#7a4b00',
    '--mantine-color-orange-light-color': '#8f3a00',
    '--mantine-color-red-light-color': '#a61e1e',
    '--mantine-color-red-text': '#a61e1e',
  },
  dark: { '--mantine-color-placeholder': '#8b96a0', '--mantine-color-error': '#ff9a92' },
});
