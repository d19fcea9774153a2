import { Button, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { AuthError, auth, type Grant, session, type Workspace } from '../../session';
import { Notice } from '../../ui/Notice';
import { AuthFrame } from './AuthFrame';
import classes from './AuthFrame.module.css';
import { CodeForm } from './CodeForm';
import { useSubmit } from './useSubmit';
import { codeErrors, signInErrors } from './validation';
import { WorkspaceChoice } from './WorkspaceChoice';

const FIELDS = ['email', 'password', 'code'] as const;

interface Props {
  title: string;
  lead?: string | undefined;
  /** The way to the other page. */
  footer?: ReactNode;
}

/** Signs in, asking for a code and for the workspace where it takes them. The session's listeners see the result. */
export function SignInForm({ title, lead, footer }: Props) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [challenge, setChallenge] = useState<string | null>(null);
  const [code, setCode] = useState('');
  const [workspaces, setWorkspaces] = useState<Workspace[] | null>(null);
  const { submit, pending, fieldErrors, formError } = useSubmit(FIELDS);

  /** Accepts what an attempt is granted, or goes on to the question that it is answered with. */
  async function attempt(granted: Promise<Grant>) {
    try {
      session.accept(await granted);
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      if (error.code === 'WORKSPACE_REQUIRED') setWorkspaces(error.workspaces);
      else if (error.code === 'TOTP_REQUIRED') setChallenge(error.challenge ?? null);
      else {
        // Too late or too often: only the password leads on.
        if (error.code === 'INVALID_CHALLENGE') restart();
        throw error;
      }
    }
  }

  const signIn = (workspace?: string) =>
    submit(challenge ? codeErrors(code) : signInErrors({ email, password }), () => {
      const chosen = workspace ? { workspace } : {};
      return attempt(
        challenge
          ? auth.enterCode({ challenge, code, ...chosen })
          : auth.signIn({ email: email.trim(), password, ...chosen }),
      );
    });

  function restart() {
    setChallenge(null);
    setCode('');
    setWorkspaces(null);
  }

  const notice = formError && <Notice message={formError.message} requestId={formError.requestId} />;
  if (workspaces) {
    return (
      <AuthFrame title="Choose a workspace" lead="You are a member of several.">
        {notice}
        <WorkspaceChoice
          workspaces={workspaces}
          pending={pending}
          onChoose={(chosen) => void signIn(chosen.slug)}
          onBack={restart}
        />
      </AuthFrame>
    );
  }

  if (challenge) {
    return (
      <CodeForm
        code={code}
        error={fieldErrors.code}
        notice={notice}
        pending={pending}
        onChange={setCode}
        onSubmit={() => void signIn()}
        onBack={restart}
      />
    );
  }

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    void signIn();
  }

  return (
    <AuthFrame title={title} lead={lead} footer={footer}>
      <form className={classes.form} onSubmit={onSubmit} noValidate>
        {notice}
        <TextInput
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={fieldErrors.email}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={fieldErrors.password}
        />
        <Button type="submit" size="md" loading={pending} fullWidth>
          Sign in
        </Button>
        {/* No link of the router: GraphiQL's page has none. */}
        <a href="/forgot-password" className={classes.aside}>
          Forgot your password?
        </a>
      </form>
    </AuthFrame>
  );
}
