import type { ErrorComponentProps } from '@tanstack/react-router';
import { Notice } from '../ui/Notice';
import classes from './AppLayout.module.css';

/** A fault of the app itself, or a file of it that could not be loaded. */
export function CrashPage({ reset }: ErrorComponentProps) {
  return (
    <main className={classes.content}>
      <Notice
        message="This page could not be shown. Reloading it usually helps."
        onRetry={() => {
          reset();
          window.location.reload();
        }}
      />
    </main>
  );
}
