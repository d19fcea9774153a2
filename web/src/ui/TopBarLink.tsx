import { Button } from '@mantine/core';
import type { ComponentProps, ReactNode } from 'react';
import classes from './TopBar.module.css';

interface Props extends Pick<ComponentProps<'a'>, 'href' | 'ref' | 'onClick' | 'onFocus' | 'onMouseEnter'> {
  icon: ReactNode;
  label: string;
}

/** A link of the top bar; on narrow screens its icon alone. */
export function TopBarLink({ icon, label, ...link }: Props) {
  return (
    <Button
      component="a"
      {...link}
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
