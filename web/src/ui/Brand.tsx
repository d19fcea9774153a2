import classes from './Brand.module.css';

/** The mark: two circles that share some ground. */
export function Brand({ size = 28 }: { size?: number }) {
  return (
    <span className={classes.brand}>
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" className={classes.tile} />
        <g fill="none" stroke="#fff" strokeWidth="2.6">
          <circle cx="12.5" cy="16" r="6.2" />
          <circle cx="19.5" cy="16" r="6.2" />
        </g>
      </svg>
      <span className={classes.name}>Rapport</span>
    </span>
  );
}
