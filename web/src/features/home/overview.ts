import type { OpportunityStatus, OverviewQuery } from '../../graphql/generated';
import type { Money } from '../../lib/format';

type StatusGroup = OverviewQuery['byStatus']['groups'][number];
type StageGroup = OverviewQuery['byStage']['groups'][number];
export type OwnerGroup = OverviewQuery['byOwner']['groups'][number];

/** How many, and what they come to: one amount a currency, largest first. */
export interface Tally {
  count: number;
  amounts: Money[];
}

export interface StageTally extends Tally {
  stage: StageGroup['key']['stage'];
}

export interface Figures {
  companies: number;
  opportunities: number;
  open: number;
  lost: number;
  won: Tally;
  /** Of one won opportunity in the main currency, in whole units. */
  wonMean: Money | null;
}

/** The four figures. A status that no opportunity has is absent from the groups, and counts as none. */
export function figuresOf(data: OverviewQuery): Figures {
  const of = (status: OpportunityStatus) => data.byStatus.groups.filter(({ key }) => key.status === status);
  const won = tally(of('WON'));
  const mean = of('WON').find(({ sum }) => sum.amount && sum.amount === won.amounts[0])?.avg.amount;
  return {
    companies: data.companies.totalCount,
    opportunities: data.byStatus.totalCount,
    open: tally(of('OPEN')).count,
    lost: tally(of('LOST')).count,
    won,
    wonMean: mean ? { ...mean, value: Number(mean.value).toFixed(0) } : null,
  };
}

/** Stages in the order of their pipeline; opportunities without a stage come last. */
export function stagesOf(data: OverviewQuery): StageTally[] {
  const position = ({ stage }: StageTally) => stage?.position ?? Number.POSITIVE_INFINITY;
  const { groups } = data.byStage;
  const idOf = ({ key }: StageGroup) => key.stage?.id;
  return [...new Set(groups.map(idOf))]
    .map((id) => groups.filter((group) => idOf(group) === id))
    .map((ofStage) => ({ stage: ofStage[0]?.key.stage ?? null, ...tally(ofStage) }))
    .sort((a, b) => position(a) - position(b));
}

function tally(groups: readonly Pick<StatusGroup, 'count' | 'sum'>[]): Tally {
  return {
    count: groups.reduce((count, group) => count + group.count, 0),
    amounts: groups
      .map(({ sum }) => sum.amount)
      .filter((amount): amount is Money => amount !== null && Number(amount.value) !== 0)
      .sort((a, b) => Number(b.value) - Number(a.value)),
  };
}
