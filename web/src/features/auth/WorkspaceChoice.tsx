import { Button } from '@mantine/core';
import { ChevronRight } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { Workspace } from '../../session';
import classes from './WorkspaceChoice.module.css';

interface Props {
  workspaces: Workspace[];
  pending: boolean;
  onChoose: (workspace: Workspace) => void;
  /** To another address or password. */
  onBack: () => void;
}

export function WorkspaceChoice({ workspaces, pending, onChoose, onBack }: Props) {
  // The button that led here is gone, and the focus with it.
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => list.current?.querySelector('button')?.focus(), []);

  return (
    <div>
      <ul ref={list} className={classes.list} aria-label="Your workspaces">
        {workspaces.map((workspace) => (
          <li key={workspace.id}>
            <button
              type="button"
              className={classes.choice}
              disabled={pending}
              onClick={() => onChoose(workspace)}
            >
              <span className={classes.initial} aria-hidden="true">
                {workspace.name.slice(0, 1).toUpperCase()}
              </span>
              <span className={classes.name}>{workspace.name}</span>
              <ChevronRight size={18} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
      <Button variant="subtle" color="gray" size="compact-sm" className={classes.back ?? ''} onClick={onBack}>
        Sign in as someone else
      </Button>
    </div>
  );
}
