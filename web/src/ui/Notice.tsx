import { Button } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import classes from './Notice.module.css';

interface Props {
  message: string;
  requestId?: string | undefined;
  onRetry?: (() => void) | undefined;
}

/** Says plainly what failed, with the id to quote and a way to try again. */
export function Notice({ message, requestId, onRetry }: Props) {
  return (
    <div role="alert" className={classes.notice}>
      <TriangleAlert size={18} className={classes.icon} aria-hidden="true" />
      <div className={classes.words}>
        <p>{message}</p>
        {requestId && (
          <p className={classes.request}>
            Request <code>{requestId}</code>
          </p>
        )}
      </div>
      {onRetry && (
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
