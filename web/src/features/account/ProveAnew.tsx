import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { DisableTotpDocument, RegenerateRecoveryCodesDocument } from '../../graphql/generated';
import { PasswordAgain } from './PasswordAgain';
import { ProofForm } from './ProofForm';
import { refusedBy } from './refused';

interface Props {
  what: 'disable' | 'renew';
  onDisabled: () => void;
  onRenewed: (recoveryCodes: string[]) => void;
  onCancel: () => void;
}

/** What takes both factors again, so that a computer left alone is not enough. */
export function ProveAnew({ what, onDisabled, onRenewed, onCancel }: Props) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [disabled, disable] = useMutation(DisableTotpDocument);
  const [renewed, renew] = useMutation(RegenerateRecoveryCodesDocument);
  const refused = refusedBy(
    disabled.error ?? renewed.error,
    disabled.data?.disableTotp?.userErrors ?? renewed.data?.regenerateRecoveryCodes?.userErrors,
  );

  async function onSubmit() {
    if (what === 'disable') {
      const { data } = await disable({ password, code });
      if (data?.disableTotp?.userErrors.length === 0) onDisabled();
    } else {
      const codes = (await renew({ password, code })).data?.regenerateRecoveryCodes?.recoveryCodes;
      if (codes) onRenewed(codes);
    }
  }

  return (
    <ProofForm
      refused={refused}
      action={what === 'disable' ? 'Switch the second factor off' : 'Make new recovery codes'}
      pending={disabled.fetching || renewed.fetching}
      ready={password !== '' && code !== ''}
      onSubmit={onSubmit}
      onCancel={onCancel}
    >
      <PasswordAgain value={password} onChange={setPassword} error={refused.fields.password} />
      <TextInput
        label="Code"
        description="Of your authenticator app, or a recovery code."
        autoComplete="one-time-code"
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
        error={refused.fields.code}
      />
    </ProofForm>
  );
}
