import { Button, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { AuthError, auth, session, type Workspace } from '../../session';
import { Notice } from '../../ui/Notice';
import { AuthFrame } from './AuthFrame';
import classes from './AuthFrame.module.css';
import { useSubmit } from './useSubmit';
import { signInErrors } from './validation';
import { WorkspaceChoice } from './WorkspaceChoice';

const FIELDS = ['email', 'password'] as const;

interface Props {
  title: string;
  lead?: string | undefined;
  /** The way to the other page. */
  footer?: ReactNode;
}

/** Signs in, asking which workspace when there are several. The session's listeners see the result. */
export function SignInForm({ title, lead, footer }: Props) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [workspaces, setWorkspaces] = useState<Workspace[] | null>(null);
  const { submit, pending, fieldErrors, formError } = useSubmit(FIELDS);

  const signIn = (workspace?: string) =>
    submit(signInErrors({ email, password }), async () => {
      try {
        session.accept(await auth.signIn({ email: email.trim(), password, ...(workspace && { workspace }) }));
      } catch (error) {
        if (!(error instanceof AuthError && error.code === 'WORKSPACE_REQUIRED')) throw error;
        setWorkspaces(error.workspaces);
      }
    });

  const notice = formError && <Notice message={formError.message} requestId={formError.requestId} />;
  if (workspaces) {
    return (
      <AuthFrame title="Choose a workspace" lead="You are a member of several.">
        {notice}
        <WorkspaceChoice
          workspaces={workspaces}
          pending={pending}
          onChoose={(chosen) => void signIn(chosen.slug)}
          onBack={() => setWorkspaces(null)}
        />
      </AuthFrame>
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
