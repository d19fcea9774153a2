import { Button } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { Notice } from '../../ui/Notice';
import classes from './parts.module.css';
import type { Refused } from './refused';

interface Props {
  refused: Refused;
  action: string;
  pending: boolean;
  ready: boolean;
  onSubmit: () => Promise<void>;
  onCancel: () => void;
  children: ReactNode;
}

/** What somebody proves, what it is for, and the way out. */
export function ProofForm({ refused, action, pending, ready, onSubmit, onCancel, children }: Props) {
  function submit(event: FormEvent) {
    event.preventDefault();
    void onSubmit();
  }
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      {refused.form && <Notice message={refused.form.message} requestId={refused.form.requestId} />}
      {children}
      <div className={classes.actions}>
        <Button type="submit" loading={pending} disabled={!ready}>
          {action}
        </Button>
        <Button variant="subtle" color="gray" onClick={onCancel}>
          Not now
        </Button>
      </div>
    </form>
  );
}
