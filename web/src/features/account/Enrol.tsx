import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { ConfirmTotpDocument, StartTotpDocument } from '../../graphql/generated';
import { QrCode } from '../../ui/QrCode';
import { useFirstFocus } from '../../ui/useFirstFocus';
import classes from './Enrol.module.css';
import { PasswordAgain } from './PasswordAgain';
import { ProofForm } from './ProofForm';
import { refusedBy } from './refused';

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
  const [password, setPassword] = useState('');
  const [started, start] = useMutation(StartTotpDocument);
  const refused = refusedBy(started.error, started.data?.startTotp?.userErrors);

  async function onSubmit() {
    const { secret, uri } = (await start({ password })).data?.startTotp ?? {};
    if (secret && uri) onStarted({ secret, uri });
  }

  return (
    <ProofForm
      refused={refused}
      action="Go on"
      pending={started.fetching}
      ready={password !== ''}
      onSubmit={onSubmit}
      onCancel={onCancel}
    >
      <PasswordAgain value={password} onChange={setPassword} error={refused.fields.password} />
    </ProofForm>
  );
}

function Confirm({ enrolment, onDone, onCancel }: Props & { enrolment: Enrolment }) {
  const first = useFirstFocus();
  const [code, setCode] = useState('');
  const [confirmed, confirm] = useMutation(ConfirmTotpDocument);
  const refused = refusedBy(confirmed.error, confirmed.data?.confirmTotp?.userErrors);

  async function onSubmit() {
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
      <ProofForm
        refused={refused}
        action="Switch on"
        pending={confirmed.fetching}
        ready={code !== ''}
        onSubmit={onSubmit}
        onCancel={onCancel}
      >
        <TextInput
          ref={first}
          label="The code it shows now"
          inputMode="numeric"
          autoComplete="one-time-code"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          error={refused.fields.code}
        />
      </ProofForm>
    </>
  );
}
