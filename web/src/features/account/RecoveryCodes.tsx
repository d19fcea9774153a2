import { Button } from '@mantine/core';
import { CodeBlock } from '../../ui/CodeBlock';
import classes from './parts.module.css';

interface Props {
  codes: string[];
  onDone: () => void;
}

/** The codes, the one time that they are told. */
export function RecoveryCodes({ codes, onDone }: Props) {
  return (
    <>
      <p className={classes.words}>
        Keep these where you find them without your phone. Each signs you in once, and nobody can show them to
        you again.
      </p>
      <CodeBlock text={codes.join('\n')} label="Recovery codes" />
      <Button onClick={onDone}>I have kept them</Button>
    </>
  );
}
