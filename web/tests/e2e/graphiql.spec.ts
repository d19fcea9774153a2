import { expect, expectAccessible, fillSignIn, signIn, test } from './fixtures';

test('GraphiQL runs the first example as the signed-in member', async ({ page }) => {
  await signIn(page);
  await page.getByRole('link', { name: 'GraphiQL' }).click();
  await expect(page.getByRole('tab', { name: 'PipelineByStage' })).toBeVisible();
  // Until both editors are there the button does nothing.
  await expect(page.locator('.graphiql-query-editor .CodeMirror')).toBeVisible();
  await expect(page.locator('.graphiql-response .CodeMirror')).toBeVisible();
  await page.getByRole('button', { name: /Execute query/ }).click();
  await expect(page.locator('.graphiql-response')).toContainText('4238');
});

test('GraphiQL knows the schema of the workspace', async ({ page }) => {
  await signIn(page);
  await page.goto('/graphiql');
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await expect(page.locator('.graphiql-plugin')).toContainText('Query');
});

test('GraphiQL asks for a sign-in when there is none', async ({ page }) => {
  await page.goto('/graphiql');
  await expect(page.getByRole('heading', { name: 'Sign in to GraphiQL' })).toBeVisible();
  await expectAccessible(page);
  await fillSignIn(page);
  await expect(page.getByRole('button', { name: /Execute query/ })).toBeVisible();
});
