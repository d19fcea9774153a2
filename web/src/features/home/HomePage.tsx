import { useQuery } from 'urql';
import { failureOf } from '../../graphql/failure';
import { OverviewDocument } from '../../graphql/generated';
import { useWorkspace } from '../../session';
import { Notice } from '../../ui/Notice';
import { EmptyWorkspace } from './EmptyWorkspace';
import { FigureRow } from './FigureRow';
import classes from './HomePage.module.css';
import { LatestOpportunities } from './LatestOpportunities';
import { figuresOf, stagesOf } from './overview';
import { PipelineByStage } from './PipelineByStage';
import { TopOwners } from './TopOwners';

const OWNERS_SHOWN = 5;

export function HomePage() {
  const workspace = useWorkspace();
  const [{ data, error, fetching }, reload] = useQuery({
    query: OverviewDocument,
    variables: { owners: OWNERS_SHOWN },
  });

  const figures = data && figuresOf(data);
  const isEmpty = figures && figures.companies === 0 && figures.opportunities === 0;
  const failure = error && failureOf(error);

  return (
    <div className={classes.page} aria-busy={fetching}>
      <title>{`${workspace?.name ?? 'Home'} · Rapport`}</title>
      <h1 className={classes.title}>{workspace?.name}</h1>
      {failure && <Notice {...failure} onRetry={() => reload({ requestPolicy: 'network-only' })} />}
      {isEmpty && <EmptyWorkspace />}
      {!isEmpty && (data || !error) && (
        <>
          <FigureRow figures={figures} />
          <div className={classes.columns}>
            <PipelineByStage stages={data && stagesOf(data)} />
            <TopOwners groups={data?.byOwner.groups} rows={OWNERS_SHOWN} />
          </div>
          <LatestOpportunities />
        </>
      )}
    </div>
  );
}
