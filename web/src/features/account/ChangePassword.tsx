import { PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { ChangePasswordDocument } from '../../graphql/generated';
import { PasswordAgain } from './PasswordAgain';
import { ProofForm } from './ProofForm';
import { refusedBy } from './refused';

interface Props {
  onDone: () => void;
  onCancel: () => void;
}

/** Another password, for whoever knows the one there is. */
export function ChangePassword({ onDone, onCancel }: Props) {
  const [currentPassword, setCurrentPassword] = useState('');
  const [newPassword, setNewPassword] = useState('');
  const [changed, change] = useMutation(ChangePasswordDocument);
  const refused = refusedBy(changed.error, changed.data?.changePassword?.userErrors);

  async function onSubmit() {
    const { data } = await change({ currentPassword, newPassword });
    if (data?.changePassword?.userErrors.length === 0) onDone();
  }

  return (
    <ProofForm
      refused={refused}
      action="Change the password"
      pending={changed.fetching}
      ready={currentPassword !== '' && newPassword !== ''}
      onSubmit={onSubmit}
      onCancel={onCancel}
    >
      <PasswordAgain
        value={currentPassword}
        onChange={setCurrentPassword}
        error={refused.fields.currentPassword}
      />
      <PasswordInput
        label="New password"
        description="At least 8 characters. A few words make a good one."
        autoComplete="new-password"
        value={newPassword}
        onChange={(event) => setNewPassword(event.currentTarget.value)}
        error={refused.fields.newPassword}
      />
    </ProofForm>
  );
}
