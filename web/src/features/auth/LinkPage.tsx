import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { auth } from '../../session';
import { Notice } from '../../ui/Notice';
import { AuthFrame } from './AuthFrame';
import classes from './AuthFrame.module.css';
import { DeadLink } from './DeadLink';
import { useSubmit } from './useSubmit';
import { useToken } from './useToken';

interface Props {
  title: string;
  lead: string;
  /** What the button says. */
  action: string;
  send: (token: string) => Promise<unknown>;
  done: { title: string; lead: string };
  /** What to do when the link is no good. */
  otherwise: ReactNode;
}

/** A link that does one thing, when a person says so: programs that look into mails open links, too. */
function LinkPage({ title, lead, action, send, done, otherwise }: Props) {
  const token = useToken();
  const [isDone, setDone] = useState(false);
  const { submit, pending, formError } = useSubmit([]);

  if (isDone) {
    return (
      <AuthFrame title={done.title} lead={done.lead}>
        <p>
          <Link to="/">Go to your workspace</Link>
        </p>
      </AuthFrame>
    );
  }
  if (!token || formError?.code === 'INVALID_TOKEN') return <DeadLink>{otherwise}</DeadLink>;

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    void submit({}, async () => {
      await send(token);
      setDone(true);
    });
  }

  return (
    <AuthFrame title={title} lead={lead}>
      <form className={classes.form} onSubmit={onSubmit}>
        {formError && <Notice message={formError.message} requestId={formError.requestId} />}
        <Button type="submit" size="md" loading={pending} fullWidth>
          {action}
        </Button>
      </form>
    </AuthFrame>
  );
}

export function VerifyEmailPage() {
  return (
    <LinkPage
      title="Confirm your email address"
      lead="Then you can invite others to your workspace."
      action="This is my address"
      send={auth.verifyEmail}
      done={{ title: 'Thank you', lead: 'Your email address is confirmed.' }}
      otherwise="If you have confirmed your address already, all is well. If not, ask for another mail in your workspace."
    />
  );
}

export function ConfirmEmailPage() {
  return (
    <LinkPage
      title="Use this address from now on"
      lead="You sign in with it, and your mail goes there."
      action="Change my address"
      send={auth.confirmEmail}
      done={{ title: 'Your address is changed', lead: 'Sign in with the new one from now on.' }}
      otherwise="If you still want to change your address, begin again in your workspace."
    />
  );
}

export function CancelEmailPage() {
  return (
    <LinkPage
      title="Keep your email address"
      lead="The link that was sent to the other address will not work any more."
      action="Keep my address"
      send={auth.cancelEmail}
      done={{
        title: 'Your address stays',
        lead: 'If it was not you who wanted to change it, choose a new password.',
      }}
      otherwise="The change may be done already, or was stopped before."
    />
  );
}
