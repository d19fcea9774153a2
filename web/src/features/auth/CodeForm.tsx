import { Button, TextInput } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { useFirstFocus } from '../../ui/useFirstFocus';
import { AuthFrame } from './AuthFrame';
import classes from './AuthFrame.module.css';

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
  const input = useFirstFocus();

  function submit(event: FormEvent) {
    event.preventDefault();
    onSubmit();
  }

  return (
    <AuthFrame title="Enter your code" lead="Your authenticator app shows it. A recovery code does as well.">
      <form className={classes.form} onSubmit={submit} noValidate>
        {notice}
        <TextInput
          ref={input}
          label="Code"
          name="code"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          value={code}
          onChange={(event) => onChange(event.currentTarget.value)}
          error={error}
        />
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
