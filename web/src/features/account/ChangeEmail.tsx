import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { ChangeEmailDocument } from '../../graphql/generated';
import { PasswordAgain } from './PasswordAgain';
import { ProofForm } from './ProofForm';
import { refusedBy } from './refused';

interface Props {
  onSent: (email: string) => void;
  onCancel: () => void;
}

/** Another address, which is asked by mail whether it wants to be. */
export function ChangeEmail({ onSent, onCancel }: Props) {
  const [currentPassword, setCurrentPassword] = useState('');
  const [email, setEmail] = useState('');
  const [asked, ask] = useMutation(ChangeEmailDocument);
  const refused = refusedBy(asked.error, asked.data?.changeEmail?.userErrors);

  async function onSubmit() {
    const { data } = await ask({ email: email.trim(), currentPassword });
    if (data?.changeEmail?.userErrors.length === 0) onSent(email.trim());
  }

  return (
    <ProofForm
      refused={refused}
      action="Send the link"
      pending={asked.fetching}
      ready={currentPassword !== '' && email.trim() !== ''}
      onSubmit={onSubmit}
      onCancel={onCancel}
    >
      <PasswordAgain
        value={currentPassword}
        onChange={setCurrentPassword}
        error={refused.fields.currentPassword}
      />
      <TextInput
        label="New email"
        description="We send a link there. Your address changes when you open it."
        type="email"
        autoComplete="email"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
        error={refused.fields.email}
      />
    </ProofForm>
  );
}
