import { TextInput } from '@mantine/core';
import { useFirstFocus } from '../../ui/useFirstFocus';

interface Props {
  code: string;
  onChange: (code: string) => void;
  error: string | undefined;
}

/** A code of the second factor, among the other fields of a form. */
export function CodeInput({ code, onChange, error }: Props) {
  const input = useFirstFocus();
  return (
    <TextInput
      ref={input}
      label="Code"
      name="code"
      description="Your authenticator app shows it. A recovery code does as well."
      autoComplete="one-time-code"
      autoCapitalize="none"
      spellCheck={false}
      value={code}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
    />
  );
}
