import type { APIRequestContext } from '@playwright/test';
import { demo, expect, expectAccessible, fillSignIn, test } from './fixtures';
import { linkTo } from './mailbox';

const password = 'correct horse battery';
const someone = (name: string) => `${name}-${Date.now()}-${Math.random().toString(36).slice(2)}@example.com`;

async function invite(request: APIRequestContext, email: string): Promise<void> {
  const signedIn = await request.post('/auth/sign-in', { data: demo });
  const { accessToken } = (await signedIn.json()) as { accessToken: string };
  const query = `mutation($email: String!) { inviteMember(input: {email: $email, name: "Ben Kaya",
    roleIds: ["00000000-0000-7000-8000-000000000004"]}) { userErrors { code } } }`;
  const answer = await request.post('/graphql', {
    headers: { authorization: `Bearer ${accessToken}` },
    data: { query, variables: { email } },
  });
  expect(await answer.json()).toEqual({ data: { inviteMember: { userErrors: [] } } });
}

test('an invitation leads into the workspace', async ({ page, request }) => {
  const email = someone('ben');
  await invite(request, email);
  await page.goto(await linkTo(request, email, 'invite'));
  await expect(page.getByRole('heading', { name: 'Join CRM Sales' })).toBeVisible();
  await expect(page.getByLabel('Email')).toHaveValue(email);
  await expect(page.getByLabel('Your name')).toHaveValue('Ben Kaya');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Join CRM Sales' }).click();
  await expect(page.getByRole('textbox', { name: 'Choose a password' })).toBeFocused();
  await page.getByRole('textbox', { name: 'Choose a password' }).fill(password);
  await page.getByRole('button', { name: 'Join CRM Sales' }).click();
  await expect(page.getByRole('heading', { name: 'CRM Sales' })).toBeVisible();
});

test('a forgotten password is reset by the link in the mail, once', async ({ page, request }) => {
  const email = someone('rui');
  await request.post('/auth/sign-up', { data: { email, password, name: 'Rui Dias', workspace: 'Rua Nova' } });
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await page.getByLabel('Email').fill(email);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible();
  await expectAccessible(page);

  const link = await linkTo(request, email, 'reset-password');
  await page.goto(link);
  await page.getByRole('textbox', { name: 'New password' }).fill('iloveyou12345');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByText('one of the most common ones')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('textbox', { name: 'New password' }).fill('violet harbour lamp');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByRole('link', { name: 'Sign in with the new password' }).click();
  await fillSignIn(page, { email, password: 'violet harbour lamp' });
  await expect(page.getByRole('heading', { name: 'Rua Nova' })).toBeVisible();

  await page.goto(link);
  await page.reload();
  await page.getByRole('textbox', { name: 'New password' }).fill('violet harbour lamp');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByRole('heading', { name: 'This link is not valid any more' })).toBeVisible();
  await expectAccessible(page);
});

test('the address of a sign-up is confirmed by its link', async ({ page, request }) => {
  const email = someone('ana');
  await request.post('/auth/sign-up', {
    data: { email, password, name: 'Ana Souza', workspace: 'Rua Velha' },
  });
  const link = await linkTo(request, email, 'verify-email');
  await page.goto(link);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'This is my address' }).click();
  await expect(page.getByRole('heading', { name: 'Thank you' })).toBeVisible();
  await page.goto('/invite#token=nonsense');
  await expect(page.getByRole('heading', { name: 'This link is not valid any more' })).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the pages of links are accessible in ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    for (const path of [
      '/forgot-password',
      '/reset-password#token=x',
      '/confirm-email#token=x',
      '/cancel-email#token=x',
    ]) {
      await page.goto(path);
      await expect(page.getByRole('button').last()).toBeVisible();
      await expectAccessible(page);
    }
  });
}
