import { demo, expect, expectAccessible, fillSignIn, signIn, test } from './fixtures';

test('a page of the workspace leads to sign-in, and back after it', async ({ page }) => {
  await page.goto('/?page=3');
  await expect(page.getByRole('heading', { name: 'Sign in to Rapport' })).toBeVisible();
  await fillSignIn(page);
  await expect(page.getByText('Darcel Schlecht').first()).toBeVisible();
  await expect(page).toHaveURL(/\/\?page=3$/);
});

test('a wrong password is said plainly, and what was typed stays', async ({ page }) => {
  await page.goto('/sign-in');
  await page.getByLabel('Email').fill(demo.email);
  await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('Email')).toHaveValue(demo.email);
});

test('an empty form shows each error at its field and focuses the first', async ({ page }) => {
  await page.goto('/sign-up');
  await page.getByRole('button', { name: 'Create workspace' }).click();
  await expect(page.getByLabel('Your name')).toBeFocused();
  await expect(page.getByLabel('Your name')).toHaveAccessibleDescription('Enter your name.');
  await expect(page.getByLabel('Work email')).toHaveAccessibleDescription('Enter your email address.');
});

test('signing out leaves nothing behind', async ({ page }) => {
  await signIn(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in to Rapport' })).toBeVisible();
  expect(await page.evaluate(() => window.sessionStorage.length)).toBe(0);
  await page.goto('/');
  await expect(page).toHaveURL(/\/sign-in/);
});

test('a new workspace says how to bring records in', async ({ page }) => {
  await page.goto('/sign-up');
  await page.getByLabel('Your name').fill('Ana Souza');
  await page.getByLabel('Work email').fill(`ana-${Date.now()}-${Math.random()}@example.com`);
  await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery');
  await page.getByLabel('Workspace name').fill('Rua Nova');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Rua Nova' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Bring your CRM in' })).toBeVisible();
  await expectAccessible(page);
});

test('a member of two workspaces chooses one when signing in', async ({ page, request }) => {
  const account = {
    email: `rui-${Date.now()}-${Math.random()}@example.com`,
    password: 'correct horse battery',
  };
  for (const workspace of ['Rua Nova', 'Rua Velha']) {
    await request.post('/auth/sign-up', { data: { ...account, name: 'Rui Dias', workspace } });
  }
  await page.goto('/sign-in');
  await fillSignIn(page, account);
  await expect(page.getByRole('heading', { name: 'Choose a workspace' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Rua Nova' })).toBeFocused();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Rua Velha' }).click();
  await expect(page.getByRole('heading', { name: 'Rua Velha' })).toBeVisible();
});

test('an address that is no page says so and leads back', async ({ page }) => {
  await page.goto('/no/such/page');
  await expect(page.getByRole('heading', { name: 'There is no page here' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Go to your workspace' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in to Rapport' })).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`sign-in and sign-up are accessible in ${colorScheme}, errors included`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.goto('/sign-in');
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
    await expectAccessible(page);
    await page.goto('/sign-up');
    await page.getByRole('button', { name: 'Create workspace' }).click();
    await expectAccessible(page);
  });
}

test('the page works by keyboard alone', async ({ page, isMobile }) => {
  test.skip(isMobile, 'a keyboard belongs to the wide layout');
  await page.goto('/sign-in');
  await page.getByLabel('Email').focus();
  await page.keyboard.type(demo.email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(demo.password);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Darcel Schlecht').first()).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Next' })).toBeFocused();
});
