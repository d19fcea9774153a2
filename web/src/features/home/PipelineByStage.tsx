import { formatCount, formatMoney, formatShare, NOTHING } from '../../lib/format';
import { Bone } from '../../ui/Bone';
import { Panel } from '../../ui/Panel';
import { StageName } from '../../ui/StageName';
import type { StageTally } from './overview';
import classes from './PipelineByStage.module.css';

/** How many opportunities stand where. The bars repeat the shares for the eye; the table says it all. */
export function PipelineByStage({ stages }: { stages: StageTally[] | undefined }) {
  const total = stages?.reduce((sum, { count }) => sum + count, 0) ?? 0;
  return (
    <Panel title="Pipeline by stage">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col" className={classes.barHead}>
              Share
            </th>
            <th scope="col" className={classes.number}>
              Count
            </th>
            <th scope="col" className={classes.number}>
              Value
            </th>
          </tr>
        </thead>
        <tbody>
          {stages?.map(({ stage, count, amounts }) => (
            <tr key={stage?.id ?? 'none'}>
              <th scope="row" className={classes.stage}>
                <StageName name={stage?.name ?? 'No stage'} type={stage?.type ?? null} />
              </th>
              <td className={classes.bar}>
                <span className={classes.track} aria-hidden="true">
                  <span
                    className={classes.fill}
                    data-type={stage?.type}
                    style={{ width: `${(100 * count) / total}%` }}
                  />
                </span>
                <span className={classes.share}>{formatShare(count, total)}</span>
              </td>
              <td className={classes.number}>{formatCount(count)}</td>
              <td className={classes.number}>
                {amounts.length === 0 && NOTHING}
                {amounts.map((amount) => (
                  <div key={amount.currency}>{formatMoney(amount)}</div>
                ))}
              </td>
            </tr>
          )) ?? <LoadingRows />}
        </tbody>
      </table>
    </Panel>
  );
}

function LoadingRows() {
  return ['a', 'b', 'c', 'd'].map((key) => (
    <tr key={key}>
      <th scope="row" className={classes.stage}>
        <Bone width="5.5rem" />
      </th>
      <td className={classes.bar}>
        <span className={classes.track} />
        <span className={classes.share} />
      </td>
      <td className={classes.number}>
        <Bone width="2.5rem" />
      </td>
      <td className={classes.number}>
        <Bone width="4rem" />
      </td>
    </tr>
  ));
}
