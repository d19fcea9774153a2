import { Button, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { ConfirmTotpDocument, StartTotpDocument } from '../../graphql/generated';
import { Notice } from '../../ui/Notice';
import { QrCode } from '../../ui/QrCode';
import { useFirstFocus } from '../../ui/useFirstFocus';
import { refusedBy } from './refused';
import classes from './SecondFactorPanel.module.css';

interface Props {
  onDone: (recoveryCodes: string[]) => void;
  onCancel: () => void;
}

interface Enrolment {
  secret: string;
  uri: string;
}

/** Sets an authenticator app up: the password once more, the code to scan, its first answer. */
export function Enrol({ onDone, onCancel }: Props) {
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  return enrolment ? (
    <Confirm enrolment={enrolment} onDone={onDone} onCancel={onCancel} />
  ) : (
    <Start onStarted={setEnrolment} onCancel={onCancel} />
  );
}

function Start({ onStarted, onCancel }: { onStarted: (enrolment: Enrolment) => void; onCancel: () => void }) {
  const first = useFirstFocus();
  const [password, setPassword] = useState('');
  const [started, start] = useMutation(StartTotpDocument);
  const refused = refusedBy(started.error, started.data?.startTotp?.userErrors);

  async function onSubmit(event: FormEvent) {
    event.preventDefault();
    const { secret, uri } = (await start({ password })).data?.startTotp ?? {};
    if (secret && uri) onStarted({ secret, uri });
  }

  return (
    <form className={classes.form} onSubmit={(event) => void onSubmit(event)} noValidate>
      {refused.form && <Notice message={refused.form.message} requestId={refused.form.requestId} />}
      <PasswordInput
        ref={first}
        label="Your password once more"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={refused.fields.password}
      />
      <div className={classes.actions}>
        <Button type="submit" loading={started.fetching} disabled={!password}>
          Go on
        </Button>
        <Button variant="subtle" color="gray" onClick={onCancel}>
          Not now
        </Button>
      </div>
    </form>
  );
}

function Confirm({ enrolment, onDone, onCancel }: Props & { enrolment: Enrolment }) {
  const first = useFirstFocus();
  const [code, setCode] = useState('');
  const [confirmed, confirm] = useMutation(ConfirmTotpDocument);
  const refused = refusedBy(confirmed.error, confirmed.data?.confirmTotp?.userErrors);

  async function onSubmit(event: FormEvent) {
    event.preventDefault();
    const codes = (await confirm({ code })).data?.confirmTotp?.recoveryCodes;
    if (codes) onDone(codes);
  }

  return (
    <>
      <div className={classes.scan}>
        <QrCode text={enrolment.uri} label="Code to scan with your authenticator app" />
        <p className={classes.byHand}>
          Scan it with your authenticator app, or type this in:
          <code className={classes.secret}>{enrolment.secret.match(/.{1,4}/g)?.join(' ')}</code>
        </p>
      </div>
      <form className={classes.form} onSubmit={(event) => void onSubmit(event)} noValidate>
        {refused.form && <Notice message={refused.form.message} requestId={refused.form.requestId} />}
        <TextInput
          ref={first}
          label="The code it shows now"
          inputMode="numeric"
          autoComplete="one-time-code"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          error={refused.fields.code}
        />
        <div className={classes.actions}>
          <Button type="submit" loading={confirmed.fetching} disabled={!code}>
            Switch on
          </Button>
          <Button variant="subtle" color="gray" onClick={onCancel}>
            Not now
          </Button>
        </div>
      </form>
    </>
  );
}
