import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { AuthError, auth, type Invited, session } from '../../session';
import { Bone } from '../../ui/Bone';
import { Notice } from '../../ui/Notice';
import { AuthFrame } from './AuthFrame';
import classes from './AuthFrame.module.css';
import { CodeInput, WHAT_A_CODE_IS } from './CodeInput';
import { DeadLink } from './DeadLink';
import { useCode } from './useCode';
import { useSubmit } from './useSubmit';
import { useToken } from './useToken';
import { chosenErrors, PASSWORD_MIN_LENGTH } from './validation';

const dead = <DeadLink>Ask whoever invited you to send the invitation again.</DeadLink>;

export function InvitePage() {
  const token = useToken();
  const [invited, setInvited] = useState<Invited | null>(null);
  const [failure, setFailure] = useState<AuthError | null>(null);

  const load = useCallback(async () => {
    setFailure(null);
    try {
      setInvited(await auth.invitation(token));
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      setFailure(error);
    }
  }, [token]);
  useEffect(() => void load(), [load]);

  if (failure?.code === 'INVALID_TOKEN') return dead;
  if (failure) {
    return (
      <AuthFrame title="Your invitation">
        <Notice message={failure.message} requestId={failure.requestId} onRetry={() => void load()} />
      </AuthFrame>
    );
  }
  if (!invited) {
    return (
      <AuthFrame title="Your invitation">
        <Bone height="2.5rem" />
      </AuthFrame>
    );
  }
  return <Acceptance token={token} invited={invited} />;
}

function Acceptance({ token, invited }: { token: string; invited: Invited }) {
  const { email, workspace, inviter, hasAccount } = invited;
  const [name, setName] = useState(invited.name ?? '');
  const [password, setPassword] = useState('');
  const { submit, pending, fieldErrors, formError } = useSubmit(
    hasAccount ? ['password', 'code'] : ['name', 'password'],
  );
  const { code, setCode, withCode } = useCode();
  const navigate = useNavigate();
  if (formError?.code === 'INVALID_TOKEN') return dead;

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    const missing: Record<string, string> = password ? {} : { password: 'Enter your password.' };
    const found = hasAccount ? missing : chosenErrors({ name, password });
    void submit(found, async () => {
      const input = hasAccount ? { token, password } : { token, password, name: name.trim() };
      const grant = await withCode((code) => auth.acceptInvitation({ ...input, ...code }));
      if (!grant) return;
      session.accept(grant);
      await navigate({ to: '/', replace: true });
    });
  }

  return (
    <AuthFrame
      title={`Join ${workspace}`}
      lead={`${inviter ?? 'A member'} invites you${hasAccount ? '. Sign in to accept.' : ' to work together in Rapport.'}`}
    >
      <form className={classes.form} onSubmit={onSubmit} noValidate>
        {formError && <Notice message={formError.message} requestId={formError.requestId} />}
        <TextInput label="Email" name="email" type="email" autoComplete="username" value={email} readOnly />
        {!hasAccount && (
          <TextInput
            label="Your name"
            name="name"
            autoComplete="name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={fieldErrors.name}
          />
        )}
        <PasswordInput
          label={hasAccount ? 'Password' : 'Choose a password'}
          name="password"
          description={
            hasAccount ? 'The one of your account.' : `At least ${PASSWORD_MIN_LENGTH} characters.`
          }
          autoComplete={hasAccount ? 'current-password' : 'new-password'}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={fieldErrors.password}
        />
        {code !== null && (
          <CodeInput code={code} onChange={setCode} error={fieldErrors.code} description={WHAT_A_CODE_IS} />
        )}
        <Button type="submit" size="md" loading={pending} fullWidth>
          Join {workspace}
        </Button>
      </form>
    </AuthFrame>
  );
}
