import { Button } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useQuery } from 'urql';
import { failureOf } from '../../graphql/failure';
import { LatestOpportunitiesDocument, type LatestOpportunitiesQuery } from '../../graphql/generated';
import { formatCount, formatDay, formatMoney, NOTHING } from '../../lib/format';
import { Bone } from '../../ui/Bone';
import { Notice } from '../../ui/Notice';
import { Panel } from '../../ui/Panel';
import { StageName } from '../../ui/StageName';
import classes from './LatestOpportunities.module.css';

type Connection = LatestOpportunitiesQuery['opportunities'];
type LatestOpportunity = Connection['nodes'][number];

const PAGE_SIZE = 10;
const route = getRouteApi('/workspace/');

/** The page shown is in the address, so that going back and sharing a link work. */
export function LatestOpportunities() {
  const { page = 1 } = route.useSearch();
  const navigate = route.useNavigate();
  const variables = { first: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE };
  const [{ data, error, fetching }, reload] = useQuery({ query: LatestOpportunitiesDocument, variables });

  // While the next page is on its way the current one stays, with its numbers, so that nothing jumps.
  const [shown, setShown] = useState<{ page: number; connection: Connection }>();
  if (data && data.opportunities !== shown?.connection) setShown({ page, connection: data.opportunities });
  const rows = shown?.connection.nodes;
  const failure = error && failureOf(error);
  const total = shown?.connection.totalCount ?? 0;
  const pages = Math.max(1, Math.ceil(total / PAGE_SIZE));
  const turn = (to: number) => void navigate({ search: to > 1 ? { page: to } : {}, resetScroll: false });

  return (
    <Panel title="Latest opportunities" aside={shown && `${formatCount(total)} in all`}>
      {failure && (
        <div className={classes.notice}>
          <Notice {...failure} onRetry={() => reload({ requestPolicy: 'network-only' })} />
        </div>
      )}
      <table className={classes.table} aria-busy={fetching}>
        <thead>
          <tr>
            <th scope="col">Opportunity</th>
            <th scope="col">Company</th>
            <th scope="col">Stage</th>
            <th scope="col" className={classes.amount}>
              Amount
            </th>
            <th scope="col">Owner</th>
            <th scope="col">Opened</th>
          </tr>
        </thead>
        <tbody>
          {rows?.map((opportunity) => <Row key={opportunity.id} opportunity={opportunity} />) ??
            (!failure && <LoadingRows />)}
        </tbody>
      </table>
      {rows?.length === 0 && (
        <p className={classes.none}>{page > 1 ? 'There is no such page.' : 'No opportunities yet.'}</p>
      )}
      <nav className={classes.pager} aria-label="Pages of opportunities">
        <p className={classes.range} role="status">
          {shown && range(shown.page, shown.connection.nodes.length, total)}
        </p>
        <Button
          variant="default"
          size="xs"
          leftSection={<ChevronLeft size={15} aria-hidden="true" />}
          disabled={page <= 1}
          onClick={() => turn(Math.min(page - 1, pages))}
        >
          Previous
        </Button>
        <Button
          variant="default"
          size="xs"
          rightSection={<ChevronRight size={15} aria-hidden="true" />}
          disabled={page >= pages}
          onClick={() => turn(page + 1)}
        >
          Next
        </Button>
      </nav>
    </Panel>
  );
}

function Row({ opportunity }: { opportunity: LatestOpportunity }) {
  const { name, company, stage, amount, owner, openedAt } = opportunity;
  return (
    <tr>
      <th scope="row" className={classes.name}>
        {name}
      </th>
      <td className={classes.company}>{company?.name ?? NOTHING}</td>
      <td className={classes.stage}>{stage ? <StageName {...stage} /> : NOTHING}</td>
      <td className={classes.amount}>{formatMoney(amount)}</td>
      <td className={classes.owner}>{owner?.name ?? NOTHING}</td>
      <td className={classes.opened}>{formatDay(openedAt)}</td>
    </tr>
  );
}

function LoadingRows() {
  return Array.from({ length: PAGE_SIZE }, (_, row) => row).map((row) => (
    <tr key={row}>
      <th scope="row" className={classes.name}>
        <Bone width="9rem" />
      </th>
      <td className={classes.company}>
        <Bone width="6rem" />
      </td>
      <td className={classes.stage}>
        <Bone width="5rem" />
      </td>
      <td className={classes.amount}>
        <Bone width="3.5rem" />
      </td>
      <td className={classes.owner}>
        <Bone width="7rem" />
      </td>
      <td className={classes.opened}>
        <Bone width="5rem" />
      </td>
    </tr>
  ));
}

function range(page: number, count: number, total: number): string {
  if (count === 0) return '';
  const first = (page - 1) * PAGE_SIZE + 1;
  return `${formatCount(first)}–${formatCount(first + count - 1)} of ${formatCount(total)}`;
}
