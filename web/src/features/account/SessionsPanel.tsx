import { Button } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { failureOf } from '../../graphql/failure';
import {
  type AccountQuery,
  RevokeOtherSessionsDocument,
  RevokeSessionDocument,
} from '../../graphql/generated';
import { formatMoment } from '../../lib/format';
import { Notice } from '../../ui/Notice';
import { Panel } from '../../ui/Panel';
import { programName } from './program';
import classes from './SessionsPanel.module.css';

export type AccountSession = NonNullable<NonNullable<AccountQuery['me']>['sessions']>[number];

interface Props {
  sessions: AccountSession[];
  onChange: () => void;
}

/** Where the person is signed in, each with an end to it. */
export function SessionsPanel({ sessions, onChange }: Props) {
  const [one, revoke] = useMutation(RevokeSessionDocument);
  const [others, revokeOthers] = useMutation(RevokeOtherSessionsDocument);
  const [ending, setEnding] = useState<string | null>(null);
  const failure = one.error ?? others.error;

  async function end(id: string) {
    setEnding(id);
    await revoke({ id });
    setEnding(null);
    onChange();
  }

  async function endOthers() {
    await revokeOthers({});
    onChange();
  }

  return (
    <Panel title="Where you are signed in" aside={`${sessions.length}`}>
      {failure && (
        <div className={classes.notice}>
          <Notice message={failureOf(failure).message} requestId={failureOf(failure).requestId} />
        </div>
      )}
      <ul className={classes.list}>
        {sessions.map((session) => (
          <li key={session.id} className={classes.session}>
            <div className={classes.words}>
              <p className={classes.program}>
                {programName(session.userAgent)}
                {session.current && <span className={classes.here}>This one</span>}
              </p>
              <p className={classes.detail}>
                {session.workspace.name}, {session.address ?? 'address unknown'}, last used{' '}
                {formatMoment(session.lastSeenAt)}
              </p>
            </div>
            {!session.current && (
              <Button
                variant="default"
                size="xs"
                loading={ending === session.id}
                onClick={() => void end(session.id)}
                aria-label={`Sign out ${programName(session.userAgent)} at ${session.address ?? 'an unknown address'}`}
              >
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
      {sessions.length > 1 && (
        <div className={classes.all}>
          <Button variant="default" size="sm" loading={others.fetching} onClick={() => void endOthers()}>
            Sign out everywhere else
          </Button>
        </div>
      )}
    </Panel>
  );
}
