import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { AuthFrame } from './AuthFrame';
import classes from './AuthFrame.module.css';

/** A link that is used up, too old, cut or called back: which of them is told to nobody. */
export function DeadLink({ children }: { children: ReactNode }) {
  return (
    <AuthFrame title="This link is not valid any more" lead="Links in mails work once, and for a while.">
      <div className={classes.words}>
        <p>{children}</p>
        <Link to="/">Go to Rapport</Link>
      </div>
    </AuthFrame>
  );
}
