import { useSyncExternalStore } from 'react';
import { authApi, type Workspace } from './authApi';
import { Session } from './session';

export { AuthError, type Grant, type Invited, type Workspace } from './authApi';

const send: typeof fetch = (input, init) => fetch(input, init);

export const auth = authApi(send);
export const session = new Session({ api: auth, send, storage: window.sessionStorage });

/** The workspace that is signed in to; the component renders again when that changes. */
export function useWorkspace(): Workspace | null {
  return useSyncExternalStore(session.subscribe, () => session.workspace);
}
