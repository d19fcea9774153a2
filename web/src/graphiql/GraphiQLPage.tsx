import { useComputedColorScheme } from '@mantine/core';
import { GraphiQL } from 'graphiql';
import 'graphiql/style.css';
import './colours.css';
import { LayoutDashboard } from 'lucide-react';
import { useMemo } from 'react';
import { session, type Workspace } from '../session';
import { Brand } from '../ui/Brand';
import { TopBar } from '../ui/TopBar';
import { TopBarLink } from '../ui/TopBarLink';
import { examples } from './examples';
import { fetcher } from './fetcher';
import classes from './GraphiQLPage.module.css';
import { workspaceStorage } from './storage';

/** GraphiQL for one workspace: its own schema, read by introspection, and its own tabs. */
export function GraphiQLPage({ workspace }: { workspace: Workspace }) {
  const colorScheme = useComputedColorScheme('light');
  const storage = useMemo(() => workspaceStorage(workspace.slug), [workspace.slug]);
  return (
    <div className={classes.page}>
      <TopBar
        wide
        home={
          <a href="/" aria-label="Rapport, home">
            <Brand />
          </a>
        }
        workspaceName={workspace.name}
        link={<TopBarLink href="/" icon={<LayoutDashboard size={17} />} label="Workspace" />}
        onSignOut={() => void session.signOut()}
      />
      <main className={classes.editor}>
        <h1 className={classes.title}>GraphiQL</h1>
        <GraphiQL
          fetcher={fetcher}
          storage={storage}
          forcedTheme={colorScheme}
          defaultTabs={examples.map((query) => ({ query }))}
          defaultEditorToolsVisibility={false}
          showPersistHeadersSettings={false}
        >
          <GraphiQL.Logo>{null}</GraphiQL.Logo>
        </GraphiQL>
      </main>
    </div>
  );
}
