import { Button } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { type AccountQuery, ResendVerificationDocument } from '../../graphql/generated';
import { Notice } from '../../ui/Notice';
import { Panel } from '../../ui/Panel';
import { ChangeEmail } from './ChangeEmail';
import { ChangePassword } from './ChangePassword';
import classes from './parts.module.css';
import { refusedBy } from './refused';

interface Props {
  me: Pick<NonNullable<AccountQuery['me']>, 'email' | 'emailVerified'>;
  onChange: () => void;
}

/** What the person is busy with. */
type Step = 'rest' | 'email' | 'password';

/** The address and the password that somebody signs in with. */
export function SignInPanel({ me, onChange }: Props) {
  const [step, setStep] = useState<Step>('rest');
  const [told, setTold] = useState<string | null>(null);
  const [resent, resend] = useMutation(ResendVerificationDocument);
  const refused = refusedBy(resent.error, resent.data?.resendVerification?.userErrors).form;

  function go(next: Step) {
    setTold(null);
    setStep(next);
  }

  function done(words: string) {
    setTold(words);
    setStep('rest');
    onChange();
  }

  async function sendAgain() {
    setTold(null);
    const { data } = await resend({});
    if (data?.resendVerification?.userErrors.length === 0) done(`We sent a link to ${me.email}.`);
  }

  return (
    <Panel title="Signing in" aside={me.emailVerified ? undefined : 'Email not confirmed'}>
      <div className={classes.body}>
        {refused && <Notice message={refused.message} requestId={refused.requestId} />}
        {step === 'rest' && (
          <>
            <p className={classes.words} role="status">
              {told ?? restWords(me)}
            </p>
            <div className={classes.actions}>
              {!me.emailVerified && (
                <Button loading={resent.fetching} onClick={() => void sendAgain()}>
                  Send the link again
                </Button>
              )}
              <Button variant="default" onClick={() => go('email')}>
                Change the email
              </Button>
              <Button variant="default" onClick={() => go('password')}>
                Change the password
              </Button>
            </div>
          </>
        )}
        {step === 'email' && (
          <ChangeEmail
            onCancel={() => go('rest')}
            onSent={(email) => done(`We sent a link to ${email}. Your address changes when you open it.`)}
          />
        )}
        {step === 'password' && (
          <ChangePassword
            onCancel={() => go('rest')}
            onDone={() => done('Your password is changed, and you are signed out everywhere else.')}
          />
        )}
      </div>
    </Panel>
  );
}

function restWords({ email, emailVerified }: Props['me']): string {
  return emailVerified
    ? `You sign in with ${email} and your password.`
    : `Open the link that we sent to ${email}: until then you cannot invite others.`;
}
