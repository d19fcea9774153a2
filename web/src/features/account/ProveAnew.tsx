import { Button, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { DisableTotpDocument, RegenerateRecoveryCodesDocument } from '../../graphql/generated';
import { Notice } from '../../ui/Notice';
import { useFirstFocus } from '../../ui/useFirstFocus';
import { refusedBy } from './refused';
import classes from './SecondFactorPanel.module.css';

interface Props {
  what: 'disable' | 'renew';
  onDisabled: () => void;
  onRenewed: (recoveryCodes: string[]) => void;
  onCancel: () => void;
}

/** What takes both factors again, so that a computer left alone is not enough. */
export function ProveAnew({ what, onDisabled, onRenewed, onCancel }: Props) {
  const first = useFirstFocus();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [disabled, disable] = useMutation(DisableTotpDocument);
  const [renewed, renew] = useMutation(RegenerateRecoveryCodesDocument);
  const pending = disabled.fetching || renewed.fetching;
  const refused = refusedBy(
    disabled.error ?? renewed.error,
    disabled.data?.disableTotp?.userErrors ?? renewed.data?.regenerateRecoveryCodes?.userErrors,
  );

  async function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (what === 'disable') {
      const { data } = await disable({ password, code });
      if (data?.disableTotp?.userErrors.length === 0) onDisabled();
    } else {
      const codes = (await renew({ password, code })).data?.regenerateRecoveryCodes?.recoveryCodes;
      if (codes) onRenewed(codes);
    }
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
      <TextInput
        label="Code"
        description="Of your authenticator app, or a recovery code."
        autoComplete="one-time-code"
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
        error={refused.fields.code}
      />
      <div className={classes.actions}>
        <Button type="submit" loading={pending} disabled={!password || !code}>
          {what === 'disable' ? 'Switch the second factor off' : 'Make new recovery codes'}
        </Button>
        <Button variant="subtle" color="gray" onClick={onCancel}>
          Not now
        </Button>
      </div>
    </form>
  );
}
