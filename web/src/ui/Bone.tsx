import classes from './Bone.module.css';

interface Props {
  /** Any CSS length. */
  width?: string;
  height?: string;
}

/** The place of something that is still loading. Invisible for the first moment, so that fast answers do not flicker. */
export function Bone({ width = '100%', height = '1em' }: Props) {
  return <span className={classes.bone} style={{ width, height }} aria-hidden="true" />;
}
