import type { OpportunityStatus, OverviewQuery } from '../../graphql/generated';
import type { Money } from '../../lib/format';

export type StageGroup = OverviewQuery['byStage']['groups'][number];
export type OwnerGroup = OverviewQuery['byOwner']['groups'][number];

export interface Figures {
  companies: number;
  opportunities: number;
  open: number;
  won: number;
  lost: number;
  wonValue: Money | null;
  /** Of one won opportunity, in whole units. */
  wonMean: Money | null;
}

/** The four figures. A status that no opportunity has is absent from the groups, and counts as none. */
export function figuresOf(data: OverviewQuery): Figures {
  const group = (status: OpportunityStatus) => data.byStatus.groups.find(({ key }) => key.status === status);
  return {
    companies: data.companies.totalCount,
    opportunities: data.byStatus.totalCount,
    open: group('OPEN')?.count ?? 0,
    won: group('WON')?.count ?? 0,
    lost: group('LOST')?.count ?? 0,
    wonValue: group('WON')?.sum.amount ?? null,
    wonMean: rounded(group('WON')?.avg.amount),
  };
}

function rounded(money: Money | null | undefined): Money | null {
  return money ? { ...money, value: Number(money.value).toFixed(0) } : null;
}

/** Stages in the order of their pipeline; opportunities without a stage come last. */
export function inPipelineOrder(groups: readonly StageGroup[]): StageGroup[] {
  const position = ({ key }: StageGroup) => key.stage?.position ?? Number.POSITIVE_INFINITY;
  return groups.toSorted((a, b) => position(a) - position(b));
}
