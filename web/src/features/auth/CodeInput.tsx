import { TextInput } from '@mantine/core';
import { useFirstFocus } from '../../ui/useFirstFocus';

interface Props {
  code: string;
  onChange: (code: string) => void;
  error: string | undefined;
  /** Where nothing else says what it is. */
  description?: string;
}

export const WHAT_A_CODE_IS = 'Your authenticator app shows it. A recovery code does as well.';

/** A code of the second factor. */
export function CodeInput({ code, onChange, error, description }: Props) {
  const input = useFirstFocus();
  return (
    <TextInput
      ref={input}
      label="Code"
      name="code"
      description={description}
      autoComplete="one-time-code"
      autoCapitalize="none"
      spellCheck={false}
      value={code}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
    />
  );
}
