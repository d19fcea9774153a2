import { MantineProvider } from '@mantine/core';
import type { ReactNode } from 'react';
import './styles';
import { cssVariables, theme } from './theme';

/** What both pages, the app and GraphiQL, stand on. */
export function Providers({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      {children}
    </MantineProvider>
  );
}
