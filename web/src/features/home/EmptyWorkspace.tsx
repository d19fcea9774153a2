import { Button } from '@mantine/core';
import { SquareTerminal } from 'lucide-react';
import { useWorkspace } from '../../session';
import { CodeBlock } from '../../ui/CodeBlock';
import classes from './EmptyWorkspace.module.css';

/** The first thing a new workspace shows: how its records come in. */
export function EmptyWorkspace() {
  const slug = useWorkspace()?.slug ?? 'your-workspace';
  return (
    <section className={classes.empty} aria-labelledby="empty-title">
      <h2 id="empty-title" className={classes.title}>
        Bring your CRM in
      </h2>
      <p className={classes.lead}>
        This workspace has no companies and no opportunities yet. Import them from the files of the CRM you
        use today, or write the first record yourself.
      </p>
      <ol className={classes.steps}>
        <li>
          <h3>Export CSV files from your present CRM</h3>
          <p>
            One file for each object: companies, contacts, opportunities. Any separator, date format and
            character set will do.
          </p>
        </li>
        <li>
          <h3>Write a mapping file</h3>
          <p>
            It says which column becomes which field. <code>demo/crm-sales/mapping.toml</code> in the project
            is a complete one to start from.
          </p>
        </li>
        <li>
          <h3>Try it, then run it</h3>
          <p>
            In GraphiQL with <code>startImport</code>, as its tab <code>ImportCompanies</code> shows. Or on
            the server’s command line:
          </p>
          <CodeBlock
            label="Import command"
            text={`rapport import --tenant ${slug} --mapping mapping.toml --dry-run\nrapport import --tenant ${slug} --mapping mapping.toml`}
          />
          <p>A dry run reports every row and changes nothing. Running an import twice makes no duplicates.</p>
        </li>
      </ol>
      <Button
        component="a"
        href="/graphiql"
        variant="default"
        leftSection={<SquareTerminal size={17} aria-hidden="true" />}
      >
        Open GraphiQL
      </Button>
    </section>
  );
}
