import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { Providers } from '../app/Providers';
import { SignInForm } from '../features/auth/SignInForm';
import { useWorkspace } from '../session';

// The editor is far larger than the form before it.
const GraphiQLPage = lazy(() =>
  import('./GraphiQLPage').then((module) => ({ default: module.GraphiQLPage })),
);

function Page() {
  const workspace = useWorkspace();
  if (!workspace) {
    return (
      <SignInForm title="Sign in to GraphiQL" lead="It shows the schema and the records of your workspace." />
    );
  }
  return (
    <Suspense fallback={null}>
      <GraphiQLPage key={workspace.id} workspace={workspace} />
    </Suspense>
  );
}

const root = document.getElementById('root');
if (!root) throw new Error('graphiql.html has no #root');

createRoot(root).render(
  <StrictMode>
    <Providers>
      <Page />
    </Providers>
  </StrictMode>,
);
