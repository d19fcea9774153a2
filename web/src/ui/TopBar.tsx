import { Button } from '@mantine/core';
import { LogOut } from 'lucide-react';
import type { ReactNode } from 'react';
import { ColorSchemeToggle } from './ColorSchemeToggle';
import classes from './TopBar.module.css';

interface Props {
  /** The brand, as a link to the home page: the app routes there, the GraphiQL page loads it. */
  home: ReactNode;
  workspaceName?: string | undefined;
  /** Where the two pages lead to each other. */
  link: ReactNode;
  onSignOut?: (() => void) | undefined;
  /** From edge to edge, over a page that is. */
  wide?: boolean;
}

export function TopBar({ home, workspaceName, link, onSignOut, wide = false }: Props) {
  return (
    <header className={classes.bar}>
      <div className={classes.inner} data-wide={wide || undefined}>
        <div className={classes.home}>{home}</div>
        {workspaceName && <span className={classes.workspace}>{workspaceName}</span>}
        <nav className={classes.actions} aria-label="Main">
          {link}
          <ColorSchemeToggle />
          {onSignOut && (
            <Button
              variant="subtle"
              color="gray"
              size="compact-md"
              onClick={onSignOut}
              aria-label="Sign out"
              className={classes.action ?? ''}
            >
              <LogOut size={17} aria-hidden="true" />
              <span className={classes.label}>Sign out</span>
            </Button>
          )}
        </nav>
      </div>
    </header>
  );
}
