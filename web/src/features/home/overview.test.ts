import { describe, expect, it } from 'vitest';
import type { OverviewQuery } from '../../graphql/generated';
import { figuresOf, inPipelineOrder, type StageGroup } from './overview';

const usd = (value: string) => ({ amount: { value, currency: 'USD' } });

function stage(name: string, position: number): StageGroup {
  return { key: { stage: { id: name, name, position, type: 'OPEN' } }, count: 1, sum: { amount: null } };
}

describe('the overview', () => {
  it('counts a status without opportunities as none', () => {
    const data: OverviewQuery = {
      companies: { totalCount: 85 },
      byStatus: {
        totalCount: 3,
        groups: [{ key: { status: 'WON' }, count: 3, sum: usd('12.00'), avg: usd('4.00') }],
      },
      byStage: { groups: [] },
      byOwner: { groups: [] },
    };
    expect(figuresOf(data)).toEqual({
      companies: 85,
      opportunities: 3,
      open: 0,
      won: 3,
      lost: 0,
      wonValue: { value: '12.00', currency: 'USD' },
      wonMean: { value: '4', currency: 'USD' },
    });
  });

  it('shows stages in the order of the pipeline and the rest at the end', () => {
    const none: StageGroup = { key: { stage: null }, count: 4, sum: { amount: null } };
    const ordered = inPipelineOrder([none, stage('Won', 3), stage('Prospecting', 1)]);
    expect(ordered.map(({ key }) => key.stage?.name ?? 'none')).toEqual(['Prospecting', 'Won', 'none']);
  });
});
