import { Button, PasswordInput, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { auth, session } from '../../session';
import { Notice } from '../../ui/Notice';
import { AuthFrame } from './AuthFrame';
import classes from './AuthFrame.module.css';
import { CodeInput, WHAT_A_CODE_IS } from './CodeInput';
import { useCode } from './useCode';
import { useSubmit } from './useSubmit';
import { PASSWORD_MIN_LENGTH, signUpErrors, type Values } from './validation';

const FIELDS = ['name', 'email', 'password', 'workspace', 'code'] as const;

export function SignUpPage() {
  const [values, setValues] = useState<Values>({ name: '', email: '', password: '', workspace: '' });
  const { submit, pending, fieldErrors, formError } = useSubmit(FIELDS);
  const { code, setCode, withCode } = useCode();

  const field = (name: keyof Values) => ({
    name,
    value: values[name],
    error: fieldErrors[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setValues((before) => ({ ...before, [name]: value }));
    },
  });

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    void submit(signUpErrors(values), async () => {
      const input = {
        email: values.email.trim(),
        password: values.password,
        name: values.name.trim(),
        workspace: values.workspace.trim(),
      };
      const grant = await withCode((code) => auth.signUp({ ...input, ...code }));
      if (grant) session.accept(grant);
    });
  }

  return (
    <AuthFrame
      title="Create a workspace"
      lead="A CRM of your own, ready in a second."
      footer={
        <>
          Already have one? <Link to="/sign-in">Sign in</Link>
        </>
      }
    >
      <form className={classes.form} onSubmit={onSubmit} noValidate>
        {formError && <Notice message={formError.message} requestId={formError.requestId} />}
        <TextInput label="Your name" autoComplete="name" {...field('name')} />
        <TextInput label="Work email" type="email" autoComplete="username" {...field('email')} />
        <PasswordInput
          label="Password"
          description={`At least ${PASSWORD_MIN_LENGTH} characters.`}
          autoComplete="new-password"
          {...field('password')}
        />
        <TextInput
          label="Workspace name"
          description="Your company or team. You can change it later."
          autoComplete="organization"
          {...field('workspace')}
        />
        {code !== null && (
          <CodeInput code={code} onChange={setCode} error={fieldErrors.code} description={WHAT_A_CODE_IS} />
        )}
        <Button type="submit" size="md" loading={pending} fullWidth>
          Create workspace
        </Button>
      </form>
    </AuthFrame>
  );
}
