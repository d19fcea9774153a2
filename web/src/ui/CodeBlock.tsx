import { ActionIcon } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Check, Copy } from 'lucide-react';
import classes from './CodeBlock.module.css';

interface Props {
  text: string;
  /** What the text is, for those who do not see it. */
  label: string;
}

/** Text to be copied as it is. */
export function CodeBlock({ text, label }: Props) {
  const { copied, copy } = useClipboard({ timeout: 1500 });
  return (
    <div className={classes.block}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={classes.scroller} tabIndex={0} aria-label={label}>
        <pre className={classes.text}>{text}</pre>
      </section>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={copied ? 'Copied' : 'Copy'}
        onClick={() => copy(text)}
        className={classes.copy ?? ''}
      >
        {copied ? <Check size={16} /> : <Copy size={16} />}
      </ActionIcon>
    </div>
  );
}
