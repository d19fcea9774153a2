import { createLink, Link, Outlet } from '@tanstack/react-router';
import { CircleUser, SquareTerminal } from 'lucide-react';
import { useMemo } from 'react';
import { Provider as GraphQLProvider } from 'urql';
import { createClient } from '../graphql/client';
import { session, useWorkspace } from '../session';
import { Brand } from '../ui/Brand';
import { TopBar } from '../ui/TopBar';
import { TopBarLink } from '../ui/TopBarLink';
import classes from './AppLayout.module.css';

/** To a page of this app, without loading it anew. */
const PageLink = createLink(TopBarLink);

export function AppLayout() {
  const workspace = useWorkspace();
  if (!workspace) return null; // Signed out: the router is on its way to the sign-in page.
  return <WorkspaceLayout key={workspace.id} />;
}

/** Made anew for each workspace, and with it the cache of answers. */
function WorkspaceLayout() {
  const client = useMemo(createClient, []);
  return (
    <GraphQLProvider value={client}>
      <a href="#content" className={classes.skip}>
        Skip to content
      </a>
      <TopBar
        home={
          <Link to="/" aria-label="Rapport, home">
            <Brand />
          </Link>
        }
        link={
          <>
            <TopBarLink href="/graphiql" icon={<SquareTerminal size={17} />} label="GraphiQL" />
            <PageLink to="/account" icon={<CircleUser size={17} />} label="Account" />
          </>
        }
        onSignOut={() => void session.signOut()}
      />
      <main id="content" className={classes.content} tabIndex={-1}>
        <Outlet />
      </main>
    </GraphQLProvider>
  );
}
