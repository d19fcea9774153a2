import { Button, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { ConfirmTotpDocument, StartTotpDocument } from '../../graphql/generated';
import { Notice } from '../../ui/Notice';
import { QrCode } from '../../ui/QrCode';
import { refusedBy } from './refused';
import classes from './SecondFactorPanel.module.css';

interface Props {
  onDone: (recoveryCodes: string[]) => void;
  onCancel: () => void;
}

/** Sets an authenticator app up: the password once more, the code to scan, its first answer. */
export function Enrol({ onDone, onCancel }: Props) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [started, start] = useMutation(StartTotpDocument);
  const [confirmed, confirm] = useMutation(ConfirmTotpDocument);
  const { secret, uri } = started.data?.startTotp ?? {};

  function onStart(event: FormEvent) {
    event.preventDefault();
    void start({ password });
  }

  async function onConfirm(event: FormEvent) {
    event.preventDefault();
    const codes = (await confirm({ code })).data?.confirmTotp?.recoveryCodes;
    if (codes) onDone(codes);
  }

  const cancel = (
    <Button variant="subtle" color="gray" onClick={onCancel}>
      Not now
    </Button>
  );
  if (!secret || !uri) {
    const refused = refusedBy(started.error, started.data?.startTotp?.userErrors);
    return (
      <form className={classes.form} onSubmit={onStart} noValidate>
        {refused.form && <Notice message={refused.form.message} requestId={refused.form.requestId} />}
        <PasswordInput
          label="Your password once more"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={refused.fields.password}
          data-autofocus
        />
        <div className={classes.actions}>
          <Button type="submit" loading={started.fetching} disabled={!password}>
            Go on
          </Button>
          {cancel}
        </div>
      </form>
    );
  }

  const refused = refusedBy(confirmed.error, confirmed.data?.confirmTotp?.userErrors);
  return (
    <>
      <div className={classes.scan}>
        <QrCode text={uri} label="Code to scan with your authenticator app" />
        <p className={classes.byHand}>
          Scan it with your authenticator app, or type this in:
          <code className={classes.secret}>{secret.match(/.{1,4}/g)?.join(' ')}</code>
        </p>
      </div>
      <form className={classes.form} onSubmit={(event) => void onConfirm(event)} noValidate>
        {refused.form && <Notice message={refused.form.message} requestId={refused.form.requestId} />}
        <TextInput
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
          {cancel}
        </div>
      </form>
    </>
  );
}
