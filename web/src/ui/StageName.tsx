import type { StageType } from '../graphql/generated';
import classes from './StageName.module.css';

/** A stage with the colour of its type. The name carries the meaning; the dot only helps the eye. */
export function StageName({ name, type }: { name: string; type: StageType | null }) {
  return (
    <span className={classes.stage}>
      <span className={classes.dot} data-type={type ?? 'NONE'} aria-hidden="true" />
      {name}
    </span>
  );
}
