import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The accent. Every shade that carries text meets 4.5:1 on the surfaces below. */
const pine: MantineColorsTuple = [
  '#eaf7f3',
  '#d3ece4',
  '#a6d9ca',
  '#76c5af',
  '#4fb498',
  '#2f9f82',
  '#16856b',
  '#0f6b5c',
  '#0d574b',
  '#09423a',
];

const stone: MantineColorsTuple = [
  '#fafaf9',
  '#f5f5f4',
  '#e7e5e4',
  '#d6d3d1',
  '#a8a29e',
  '#78716c',
  '#57534e',
  '#44403c',
  '#292524',
  '#1c1917',
];

const night: MantineColorsTuple = [
  '#f1f0ee',
  '#d9d7d3',
  '#b3afa9',
  '#8a867f',
  '#5a5753',
  '#3b3936',
  '#2a2927',
  '#1d1c1b',
  '#151413',
  '#0d0c0c',
];

const FIELD_LABEL = { mb: 5 };

// Component defaults are plain objects: `Button.extend()` would pull every component named here into the entry.
export const theme = createTheme({
  colors: { pine, gray: stone, dark: night },
  primaryColor: 'pine',
  primaryShade: { light: 7, dark: 6 },
  black: '#1c1917',
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: '620' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    TextInput: { defaultProps: { size: 'md', labelProps: FIELD_LABEL } },
    PasswordInput: { defaultProps: { size: 'md', labelProps: FIELD_LABEL } },
  },
});

/** Our own names for surfaces and meanings; CSS modules use these and no raw colours. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--rp-page': '#f8f7f5',
    '--rp-surface': '#ffffff',
    '--rp-sunken': '#f3f2ef',
    '--rp-line': '#e6e3df',
    '--rp-text': '#1c1917',
    '--rp-quiet': '#5f5a55',
    '--rp-accent': '#0f6b5c',
    '--rp-won': '#16856b',
    '--rp-open': '#3d74c7',
    '--rp-lost': '#b9b2aa',
    '--rp-shadow': '0 1px 2px rgb(28 25 23 / 4%), 0 4px 16px rgb(28 25 23 / 3%)',
    '--mantine-color-body': '#ffffff',
    // Mantine's own dimmed (3.3:1) and error (3.3:1) are too faint to read.
    '--mantine-color-dimmed': '#5f5a55',
    '--mantine-color-error': '#b42318',
    '--mantine-color-placeholder': '#78716c',
  },
  dark: {
    '--rp-page': '#121110',
    '--rp-surface': '#1a1918',
    '--rp-sunken': '#242221',
    '--rp-line': '#2e2c2a',
    '--rp-text': '#f1f0ee',
    '--rp-quiet': '#aaa59e',
    '--rp-accent': '#5fc3a7',
    '--rp-won': '#3fae90',
    '--rp-open': '#6d9ee8',
    '--rp-lost': '#5f5b57',
    '--rp-shadow': 'none',
    '--mantine-color-body': '#1a1918',
    '--mantine-color-text': '#f1f0ee',
    '--mantine-color-dimmed': '#aaa59e',
    '--mantine-color-error': '#ff8f85',
    '--mantine-color-placeholder': '#8a867f',
  },
});
