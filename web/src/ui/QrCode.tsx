import encodeQR from 'qr';
import { useMemo } from 'react';
import classes from './QrCode.module.css';

interface Props {
  text: string;
  /** What the code is for, for those who do not see it. */
  label: string;
}

/** A code to be scanned: dark on light in every colour scheme, since not every camera reads the other. */
export function QrCode({ text, label }: Props) {
  const { path, size } = useMemo(() => {
    const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 });
    const dark = rows.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : [])));
    return { path: dark.join(''), size: rows.length };
  }, [text]);
  return (
    <svg
      className={classes.code}
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <path d={path} />
    </svg>
  );
}
