import { Button, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { auth } from '../../session';
import { Notice } from '../../ui/Notice';
import { AuthFrame } from './AuthFrame';
import classes from './AuthFrame.module.css';
import { useSubmit } from './useSubmit';
import { forgotErrors } from './validation';

const FIELDS = ['email'] as const;

export function ForgotPasswordPage() {
  const [email, setEmail] = useState('');
  const [isSent, setSent] = useState(false);
  const { submit, pending, fieldErrors, formError } = useSubmit(FIELDS);
  const back = <Link to="/sign-in">Back to sign-in</Link>;

  if (isSent) {
    return (
      <AuthFrame
        title="Look into your mail"
        lead={`If ${email.trim()} has an account, a link for a new password is on its way. It is good for 30 minutes.`}
        footer={back}
      >
        <p>Nothing there? Look into the spam folder, or try another address.</p>
      </AuthFrame>
    );
  }

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    void submit(forgotErrors({ email }), async () => {
      await auth.forgotPassword(email.trim());
      setSent(true);
    });
  }

  return (
    <AuthFrame title="Forgot your password?" lead="We send you a link to choose a new one." footer={back}>
      <form className={classes.form} onSubmit={onSubmit} noValidate>
        {formError && <Notice message={formError.message} requestId={formError.requestId} />}
        <TextInput
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={fieldErrors.email}
        />
        <Button type="submit" size="md" loading={pending} fullWidth>
          Send the link
        </Button>
      </form>
    </AuthFrame>
  );
}
