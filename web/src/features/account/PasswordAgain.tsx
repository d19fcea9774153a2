import { PasswordInput } from '@mantine/core';
import { useFirstFocus } from '../../ui/useFirstFocus';

interface Props {
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}

/** The password once more, so that a computer left alone is not enough. */
export function PasswordAgain({ value, onChange, error }: Props) {
  const first = useFirstFocus();
  return (
    <PasswordInput
      ref={first}
      label="Your password once more"
      autoComplete="current-password"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
    />
  );
}
