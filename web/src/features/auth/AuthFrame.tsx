import type { ReactNode } from 'react';
import { Brand } from '../../ui/Brand';
import { ColorSchemeToggle } from '../../ui/ColorSchemeToggle';
import classes from './AuthFrame.module.css';

interface Props {
  title: string;
  lead?: string | undefined;
  children: ReactNode;
  /** The way to the other page. */
  footer?: ReactNode;
}

/** One column in the middle: nothing to choose but what the page is for. */
export function AuthFrame({ title, lead, children, footer }: Props) {
  return (
    <div className={classes.page}>
      <div className={classes.corner}>
        <ColorSchemeToggle />
      </div>
      <main className={classes.column}>
        <Brand size={36} />
        <div className={classes.heading}>
          <h1 className={classes.title}>{title}</h1>
          {lead && <p className={classes.lead}>{lead}</p>}
        </div>
        {children}
        {footer && <p className={classes.footer}>{footer}</p>}
      </main>
    </div>
  );
}
