import { Link } from '@tanstack/react-router';
import { AuthFrame } from './AuthFrame';
import { SignInForm } from './SignInForm';

export function SignInPage() {
  return (
    <AuthFrame
      title="Sign in to Rapport"
      footer={
        <>
          New here? <Link to="/sign-up">Create a workspace</Link>
        </>
      }
    >
      <SignInForm />
    </AuthFrame>
  );
}
