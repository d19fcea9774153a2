import { Link } from '@tanstack/react-router';
import { Brand } from '../ui/Brand';
import classes from './AppLayout.module.css';
import heading from './NotFoundPage.module.css';

export function NotFoundPage() {
  return (
    <main className={classes.content}>
      <Brand size={36} />
      <h1 className={heading.title}>There is no page here</h1>
      <p>
        The address may be mistyped, or the page has moved. <Link to="/">Go to your workspace</Link>
      </p>
    </main>
  );
}
