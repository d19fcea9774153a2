import { describe, expect, it } from 'vitest';
import type { OverviewQuery } from '../../graphql/generated';
import type { Money } from '../../lib/format';
import { figuresOf, stagesOf } from './overview';

const usd = (value: string): Money => ({ value, currency: 'USD' });
const eur = (value: string): Money => ({ value, currency: 'EUR' });

function overview(parts: Partial<OverviewQuery>): OverviewQuery {
  return {
    companies: { totalCount: 0 },
    byStatus: { totalCount: 0, groups: [] },
    byStage: { groups: [] },
    byOwner: { groups: [] },
    ...parts,
  };
}

function won(count: number, sum: Money | null, avg: Money | null) {
  return { key: { status: 'WON' as const }, count, sum: { amount: sum }, avg: { amount: avg } };
}

function stage(name: string, position: number, count: number, amount: Money | null) {
  return {
    key: { stage: { id: name, name, position, type: 'OPEN' as const } },
    count,
    sum: { amount },
  };
}

describe('the figures', () => {
  it('count a status without opportunities as none', () => {
    const data = overview({
      companies: { totalCount: 85 },
      byStatus: { totalCount: 3, groups: [won(3, usd('12.00'), usd('4.10'))] },
    });
    expect(figuresOf(data)).toEqual({
      companies: 85,
      opportunities: 3,
      open: 0,
      lost: 0,
      won: { count: 3, amounts: [usd('12.00')] },
      wonMean: usd('4'),
    });
  });

  it('add counts over currencies and over what has no amount, and never add amounts of two', () => {
    const groups = [won(2, eur('9'), eur('4.50')), won(1, usd('1000'), usd('1000')), won(4, null, null)];
    const figures = figuresOf(overview({ byStatus: { totalCount: 7, groups } }));
    expect(figures.won).toEqual({ count: 7, amounts: [usd('1000'), eur('9')] });
    expect(figures.wonMean).toEqual(usd('1000'));
  });
});

describe('the stages', () => {
  it('come in the order of the pipeline, one row each, and the rest at the end', () => {
    const none = { key: { stage: null }, count: 4, sum: { amount: null } };
    const groups = [
      none,
      stage('Won', 2, 5, usd('7')),
      stage('New', 1, 1, null),
      stage('Won', 2, 1, eur('8')),
    ];
    const rows = stagesOf(overview({ byStage: { groups } }));
    expect(rows.map((row) => [row.stage?.name, row.count, row.amounts])).toEqual([
      ['New', 1, []],
      ['Won', 6, [eur('8'), usd('7')]],
      [undefined, 4, []],
    ]);
  });

  it('show no amount where the sum is zero', () => {
    const rows = stagesOf(overview({ byStage: { groups: [stage('Lost', 1, 3, usd('0.00'))] } }));
    expect(rows[0]?.amounts).toEqual([]);
  });
});
