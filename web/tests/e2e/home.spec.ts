import { expect, expectAccessible, fillSignIn, signIn, test } from './fixtures';

test.use({ locale: 'en-US' });

test('the home page shows the figures of the demo workspace', async ({ page }) => {
  await signIn(page);
  const figure = (label: string) => page.locator('dl > div').filter({ hasText: label });
  await expect(figure('Companies')).toContainText('85');
  await expect(figure('Open opportunities')).toContainText('2,089');
  await expect(figure('Won opportunities')).toContainText('4,238');
  await expect(figure('Won value')).toContainText('10,005,534');

  const stages = page.getByRole('region', { name: 'Pipeline by stage' }).locator('tbody tr');
  await expect(stages).toHaveCount(4);
  await expect(stages.filter({ hasText: 'Prospecting' })).toContainText('500');
  await expect(stages.filter({ hasText: 'Engaging' })).toContainText('1,589');
  await expect(stages.filter({ hasText: 'Won' })).toContainText('10,005,534');
  await expect(stages.filter({ hasText: 'Lost' })).toContainText('2,473');

  const leader = page.getByRole('region', { name: 'Top owners' }).getByRole('listitem').first();
  await expect(leader).toContainText('Darcel Schlecht');
  await expect(leader).toContainText('1,153,214');
});

test('the latest opportunities turn their pages, and the address says which', async ({ page }) => {
  await signIn(page);
  const latest = page.getByRole('region', { name: 'Latest opportunities' });
  await expect(latest.getByRole('status')).toHaveText('1–10 of 8,800');
  const first = await latest.locator('tbody tr').first().textContent();

  await latest.getByRole('button', { name: 'Next' }).click();
  await expect(latest.getByRole('status')).toHaveText('11–20 of 8,800');
  await expect(page).toHaveURL(/page=2/);

  await page.reload();
  await expect(latest.getByRole('status')).toHaveText('11–20 of 8,800');
  await page.goBack();
  await expect(latest.getByRole('status')).toHaveText('1–10 of 8,800');
  await expect(latest.locator('tbody tr').first()).toHaveText(first ?? '');
});

test('a failed request says so with its id, and can be tried again', async ({ page }) => {
  let failing = true;
  await page.route('**/graphql', (route) =>
    failing
      ? route.fulfill({
          status: 500,
          json: {
            errors: [
              {
                message: 'Something went wrong on our side.',
                extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'req-77' },
              },
            ],
          },
        })
      : route.continue(),
  );
  await page.goto('/sign-in');
  await fillSignIn(page);
  const alert = page.getByRole('alert').first();
  await expect(alert).toContainText('Something went wrong on our side.');
  await expect(alert).toContainText('req-77');

  failing = false;
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText('Darcel Schlecht').first()).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the home page is accessible in ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await signIn(page);
    await expect(page.getByText('1–10 of 8,800')).toBeVisible();
    await expectAccessible(page);
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    expect(widths[0]).toBeLessThanOrEqual(widths[1] ?? 0);
  });
}
