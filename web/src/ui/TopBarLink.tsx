import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './TopBar.module.css';

/** A link of the top bar; on narrow screens its icon alone. */
export function TopBarLink({ href, icon, label }: { href: string; icon: ReactNode; label: string }) {
  return (
    <Button
      component="a"
      href={href}
      variant="subtle"
      color="gray"
      size="compact-md"
      aria-label={label}
      className={classes.action ?? ''}
    >
      {icon}
      <span className={classes.label}>{label}</span>
    </Button>
  );
}
