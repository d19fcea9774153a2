import type { ReactNode } from 'react';
import { formatCount, formatMoney, formatMoneyShort, formatShare } from '../../lib/format';
import { Bone } from '../../ui/Bone';
import classes from './FigureRow.module.css';
import type { Figures } from './overview';

/** Longer amounts are shortened in the headline and exact below it. */
const LONGEST_AMOUNT = 12;

export function FigureRow({ figures }: { figures: Figures | undefined }) {
  const [main, ...others] = figures?.won.amounts ?? [];
  const exact = formatMoney(main);
  const short = exact.length > LONGEST_AMOUNT;
  const mean = figures?.wonMean && `${formatMoney(figures.wonMean)} on average`;
  const rest = others.map((amount) => `+ ${formatMoney(amount)}`);
  const wonNote = [...(short ? [exact] : []), ...rest].join(' ');
  return (
    <dl className={classes.row}>
      <Figure
        label="Companies"
        value={figures && formatCount(figures.companies)}
        note={figures && `${formatCount(figures.opportunities)} opportunities`}
      />
      <Figure
        label="Open opportunities"
        value={figures && formatCount(figures.open)}
        note={figures && `${formatShare(figures.open, figures.opportunities)} of all`}
      />
      <Figure
        label="Won opportunities"
        value={figures && formatCount(figures.won.count)}
        note={
          figures && `${formatShare(figures.won.count, figures.won.count + figures.lost)} of those closed`
        }
      />
      <Figure
        label="Won value"
        value={figures && (short ? formatMoneyShort(main) : exact)}
        note={wonNote || mean}
      />
    </dl>
  );
}

function Figure({ label, value, note }: { label: string; value: string | undefined; note?: ReactNode }) {
  return (
    <div className={classes.figure}>
      <dt className={classes.label}>{label}</dt>
      <dd className={classes.value}>{value ?? <Bone width="5rem" height="1.5rem" />}</dd>
      <dd className={classes.note}>{value === undefined ? <Bone width="7rem" /> : note}</dd>
    </div>
  );
}
