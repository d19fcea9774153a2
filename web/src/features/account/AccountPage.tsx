import { useQuery } from 'urql';
import { failureOf } from '../../graphql/failure';
import { AccountDocument } from '../../graphql/generated';
import { Notice } from '../../ui/Notice';
import classes from './AccountPage.module.css';
import { SecondFactorPanel } from './SecondFactorPanel';
import { SessionsPanel } from './SessionsPanel';
import { SignInPanel } from './SignInPanel';

/** A person's own account: where they are signed in, and how it is protected. */
export function AccountPage() {
  const [{ data, error }, ask] = useQuery({ query: AccountDocument, requestPolicy: 'cache-and-network' });
  const reload = () => ask({ requestPolicy: 'network-only' });
  const failure = error && failureOf(error);
  const me = data?.me;
  return (
    <div className={classes.page}>
      <header>
        <h1 className={classes.title}>Your account</h1>
        <p className={classes.who}>{me ? `${me.name}, ${me.email}` : ' '}</p>
      </header>
      {failure && <Notice message={failure.message} requestId={failure.requestId} onRetry={reload} />}
      {me && <SignInPanel me={me} onChange={reload} />}
      {me && <SecondFactorPanel state={me.secondFactor} onChange={reload} />}
      {me && <SessionsPanel sessions={me.sessions ?? []} onChange={reload} />}
    </div>
  );
}
