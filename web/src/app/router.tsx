import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { session } from '../session';
import { AppLayout } from './AppLayout';
import { CrashPage } from './CrashPage';
import { NotFoundPage } from './NotFoundPage';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });

/** Pages of a workspace: without a session they lead to the sign-in page, and back after it. */
const workspace = createRoute({
  getParentRoute: () => root,
  id: 'workspace',
  component: AppLayout,
  beforeLoad: ({ location }) => {
    if (!session.workspace) throw redirect({ to: '/sign-in', search: { next: location.href } });
  },
});

export interface HomeSearch {
  /** Page of the latest opportunities, from 1. */
  page?: number;
}

const home = createRoute({
  getParentRoute: () => workspace,
  path: '/',
  validateSearch: (search: Record<string, unknown>): HomeSearch => {
    const page = Number(search.page);
    return Number.isInteger(page) && page > 1 ? { page } : {};
  },
  component: lazyRouteComponent(() => import('../features/home/HomePage'), 'HomePage'),
});

const account = createRoute({
  getParentRoute: () => workspace,
  path: '/account',
  component: lazyRouteComponent(() => import('../features/account/AccountPage'), 'AccountPage'),
});

/** Pages for people without a session; as soon as there is one, they lead on. */
const entrance = createRoute({
  getParentRoute: () => root,
  id: 'entrance',
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    isOwnPath(search.next) ? { next: search.next } : {},
  beforeLoad: ({ search }) => {
    if (session.workspace) throw redirect({ href: search.next ?? '/', replace: true });
  },
});

const signIn = createRoute({
  getParentRoute: () => entrance,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('../features/auth/SignInPage'), 'SignInPage'),
});

const signUp = createRoute({
  getParentRoute: () => entrance,
  path: '/sign-up',
  component: lazyRouteComponent(() => import('../features/auth/SignUpPage'), 'SignUpPage'),
});

/** Pages that links in mails lead to, whoever is signed in. */
const mailed = createRoute({ getParentRoute: () => root, id: 'mailed' });

const forgotPassword = createRoute({
  getParentRoute: () => mailed,
  path: '/forgot-password',
  component: lazyRouteComponent(() => import('../features/auth/ForgotPasswordPage'), 'ForgotPasswordPage'),
});

const resetPassword = createRoute({
  getParentRoute: () => mailed,
  path: '/reset-password',
  component: lazyRouteComponent(() => import('../features/auth/ResetPasswordPage'), 'ResetPasswordPage'),
});

const invite = createRoute({
  getParentRoute: () => mailed,
  path: '/invite',
  component: lazyRouteComponent(() => import('../features/auth/InvitePage'), 'InvitePage'),
});

const verifyEmail = createRoute({
  getParentRoute: () => mailed,
  path: '/verify-email',
  component: lazyRouteComponent(() => import('../features/auth/LinkPage'), 'VerifyEmailPage'),
});

const confirmEmail = createRoute({
  getParentRoute: () => mailed,
  path: '/confirm-email',
  component: lazyRouteComponent(() => import('../features/auth/LinkPage'), 'ConfirmEmailPage'),
});

const cancelEmail = createRoute({
  getParentRoute: () => mailed,
  path: '/cancel-email',
  component: lazyRouteComponent(() => import('../features/auth/LinkPage'), 'CancelEmailPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    workspace.addChildren([home, account]),
    entrance.addChildren([signIn, signUp]),
    mailed.addChildren([forgotPassword, resetPassword, invite, verifyEmail, confirmEmail, cancelEmail]),
  ]),
  defaultErrorComponent: CrashPage,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

// Signing in and out, and a session that the server ended, all arrive here: the guards above decide again.
session.subscribe(() => void router.invalidate());

/** A path of this app; anything else in `next` could send people elsewhere after they sign in. */
function isOwnPath(next: unknown): next is string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next);
}

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
