import type { TypedDocumentNode } from '@urql/core';
import { gql } from 'urql';
import type { Money } from '../../lib/format';
import type { StageType } from '../../ui/StageName';

/** One group of an aggregate. A group of records without the key's value has a null key. */
interface Group<Key> {
  key: Key;
  count: number;
  sum: { amount: Money | null } | null;
}

export interface StageKey {
  stage: { id: string; name: string; position: number; type: StageType } | null;
}

export interface OwnerKey {
  owner: { id: string; name: string } | null;
}

interface StatusGroup extends Group<{ status: StageType | null }> {
  avg: { amount: Money | null } | null;
}

export interface OverviewData {
  companies: { totalCount: number };
  byStatus: { totalCount: number; groups: StatusGroup[] };
  byStage: { groups: Group<StageKey>[] };
  byOwner: { groups: Group<OwnerKey>[] };
}

export type StageGroup = Group<StageKey>;
export type OwnerGroup = Group<OwnerKey>;

/** The figures of the home page, in one request. */
export const OverviewQuery: TypedDocumentNode<OverviewData, Record<string, never>> = gql`
  query Overview {
    companies: companiesAggregate {
      totalCount
    }
    byStatus: opportunitiesAggregate(groupBy: [{ status: {} }]) {
      totalCount
      groups {
        key {
          status
        }
        count
        sum {
          amount {
            value
            currency
          }
        }
        avg {
          amount {
            value
            currency
          }
        }
      }
    }
    byStage: opportunitiesAggregate(groupBy: [{ stage: {} }]) {
      groups {
        key {
          stage {
            id
            name
            position
            type
          }
        }
        count
        sum {
          amount {
            value
            currency
          }
        }
      }
    }
    byOwner: opportunitiesAggregate(filter: { status: { eq: WON } }, groupBy: [{ owner: {} }]) {
      groups {
        key {
          owner {
            id
            name
          }
        }
        count
        sum {
          amount {
            value
            currency
          }
        }
      }
    }
  }
`;

export interface LatestOpportunity {
  id: string;
  name: string | null;
  openedAt: string | null;
  amount: Money | null;
  company: { id: string; name: string } | null;
  stage: { id: string; name: string; type: StageType } | null;
  owner: { id: string; name: string } | null;
}

export interface LatestData {
  opportunities: { totalCount: number; nodes: LatestOpportunity[] };
}

/** One window of the latest opportunities; those never opened come last. */
export const LatestQuery: TypedDocumentNode<LatestData, { first: number; offset: number }> = gql`
  query LatestOpportunities($first: Int!, $offset: Int!) {
    opportunities(orderBy: [{ openedAt: DESC }], first: $first, offset: $offset) {
      totalCount
      nodes {
        id
        name
        openedAt
        amount {
          value
          currency
        }
        company {
          id
          name
        }
        stage {
          id
          name
          type
        }
        owner {
          id
          name
        }
      }
    }
  }
`;
