import { formatCount, formatMoney } from '../../lib/format';
import { Bone } from '../../ui/Bone';
import { Panel } from '../../ui/Panel';
import type { OwnerGroup } from './overview';
import classes from './TopOwners.module.css';

interface Props {
  groups: OwnerGroup[] | undefined;
  /** How many rows to keep the place of while they load. */
  rows: number;
}

export function TopOwners({ groups, rows }: Props) {
  const largest = Math.max(1, ...(groups ?? []).map((group) => wonBy(group)));
  return (
    <Panel title="Top owners" aside="by won value">
      {groups?.length === 0 && <p className={classes.none}>Nothing won yet.</p>}
      <ol className={classes.list}>
        {groups?.map((group) => (
          <li key={`${group.key.owner?.id} ${group.sum.amount?.currency}`} className={classes.owner}>
            <span className={classes.name}>{group.key.owner?.name ?? 'No owner'}</span>
            <span className={classes.value}>{formatMoney(group.sum.amount)}</span>
            <span className={classes.track} aria-hidden="true">
              <span className={classes.fill} style={{ width: `${(100 * wonBy(group)) / largest}%` }} />
            </span>
            <span className={classes.count}>{formatCount(group.count)} won</span>
          </li>
        )) ?? <LoadingRows rows={rows} />}
      </ol>
    </Panel>
  );
}

function wonBy(group: OwnerGroup): number {
  return Number(group.sum.amount?.value ?? 0);
}

function LoadingRows({ rows }: { rows: number }) {
  return Array.from({ length: rows }, (_, row) => row).map((row) => (
    <li key={row} className={classes.owner}>
      <span className={classes.name}>
        <Bone width="8rem" />
      </span>
      <span className={classes.value}>
        <Bone width="5rem" />
      </span>
      <span className={classes.track} />
      <span className={classes.count}>
        <Bone width="3rem" />
      </span>
    </li>
  ));
}
