import { Button, PasswordInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { auth, session } from '../../session';
import { Notice } from '../../ui/Notice';
import { AuthFrame } from './AuthFrame';
import classes from './AuthFrame.module.css';
import { DeadLink } from './DeadLink';
import { useSubmit } from './useSubmit';
import { useToken } from './useToken';
import { chosenErrors, PASSWORD_MIN_LENGTH } from './validation';

const FIELDS = ['password'] as const;

export function ResetPasswordPage() {
  const token = useToken();
  const [password, setPassword] = useState('');
  const [isDone, setDone] = useState(false);
  const { submit, pending, fieldErrors, formError } = useSubmit(FIELDS);

  if (isDone) {
    return (
      <AuthFrame title="Your password is changed" lead="All sessions were ended, here and elsewhere.">
        <p>
          <Link to="/sign-in">Sign in with the new password</Link>
        </p>
      </AuthFrame>
    );
  }
  if (!token || formError?.code === 'INVALID_TOKEN') {
    return (
      <DeadLink>
        <Link to="/forgot-password">Ask for a new one</Link> if you still want to change your password.
      </DeadLink>
    );
  }

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    void submit(chosenErrors({ password }), async () => {
      await auth.resetPassword(token, password);
      session.end();
      setDone(true);
    });
  }

  return (
    <AuthFrame title="Choose a new password" lead="It ends all sessions, here and elsewhere.">
      <form className={classes.form} onSubmit={onSubmit} noValidate>
        {formError && <Notice message={formError.message} requestId={formError.requestId} />}
        <PasswordInput
          label="New password"
          name="password"
          description={`At least ${PASSWORD_MIN_LENGTH} characters.`}
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={fieldErrors.password}
        />
        <Button type="submit" size="md" loading={pending} fullWidth>
          Change the password
        </Button>
      </form>
    </AuthFrame>
  );
}
