import { Link } from '@tanstack/react-router';
import { SignInForm } from './SignInForm';

export function SignInPage() {
  return (
    <SignInForm
      title="Sign in to Rapport"
      footer={
        <>
          New here? <Link to="/sign-up">Create a workspace</Link>
        </>
      }
    />
  );
}
