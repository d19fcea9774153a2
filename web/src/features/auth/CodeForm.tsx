import { Button } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { AuthFrame } from './AuthFrame';
import classes from './AuthFrame.module.css';
import { CodeInput, WHAT_A_CODE_IS } from './CodeInput';

interface Props {
  code: string;
  error: string | undefined;
  notice: ReactNode;
  pending: boolean;
  onChange: (code: string) => void;
  onSubmit: () => void;
  /** To another address or password. */
  onBack: () => void;
}

/** The second half of a sign-in: the code of an authenticator app. */
export function CodeForm({ code, error, notice, pending, onChange, onSubmit, onBack }: Props) {
  function submit(event: FormEvent) {
    event.preventDefault();
    onSubmit();
  }

  return (
    <AuthFrame title="Enter your code" lead={WHAT_A_CODE_IS}>
      <form className={classes.form} onSubmit={submit} noValidate>
        {notice}
        <CodeInput code={code} onChange={onChange} error={error} />
        <Button type="submit" size="md" loading={pending} fullWidth>
          Go on
        </Button>
        <Button variant="subtle" color="gray" size="compact-sm" onClick={onBack}>
          Sign in as someone else
        </Button>
      </form>
    </AuthFrame>
  );
}
