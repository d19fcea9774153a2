import { createHmac } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, fillSignIn, test } from './fixtures';
import { linkTo } from './mailbox';

/** What an authenticator app shows whose clock is so many steps off: RFC 6238. */
function code(secret: string, stepsOff = 0): string {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const key = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30_000) + stepsOff));
  const digest = createHmac('sha1', key).update(step).digest();
  const at = digest.readUInt8(19) & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function signUp(page: Page) {
  const account = {
    email: `ana-${Date.now()}-${Math.random()}@example.com`,
    password: 'correct horse battery',
  };
  await page.goto('/sign-up');
  await page.getByLabel('Your name').fill('Ana Souza');
  await page.getByLabel('Work email').fill(account.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(account.password);
  await page.getByLabel('Workspace name').fill('Rua Nova');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Rua Nova' })).toBeVisible();
  return account;
}

test('a second factor is set up, asked for, and switched off', async ({ page }) => {
  const account = await signUp(page);
  await page.getByRole('link', { name: 'Account' }).click();
  await expect(page.getByRole('heading', { name: 'Your account' })).toBeVisible();
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
  await page.getByLabel('Your password once more').first().fill('not the password');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByText('This is not your password.')).toBeVisible();
  await page.getByLabel('Your password once more').first().fill(account.password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByRole('img', { name: /Code to scan/ })).toBeVisible();
  await expectAccessible(page);

  const secret = ((await page.locator('code').first().textContent()) ?? '').replaceAll(' ', '');
  await page.getByLabel('The code it shows now').fill('000000');
  await page.getByRole('button', { name: 'Switch on' }).click();
  await expect(page.getByText('The code is not valid.')).toBeVisible();
  await page.getByLabel('The code it shows now').fill(code(secret, -1));
  await page.getByRole('button', { name: 'Switch on' }).click();
  await expect(page.getByLabel('Recovery codes')).toContainText('-');
  await expectAccessible(page);
  const recovery = (await page.getByLabel('Recovery codes').textContent())?.trim().split(/\s+/)[0] ?? '';
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await expect(page.getByText('You have 10 recovery codes left.')).toBeVisible();

  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await fillSignIn(page, account);
  await expect(page.getByRole('heading', { name: 'Enter your code' })).toBeVisible();
  await expect(page.getByLabel('Code')).toBeFocused();
  await expectAccessible(page);
  await page.getByLabel('Code').fill('000000');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Code')).toHaveAccessibleDescription('The code is not valid.');
  await page.getByLabel('Code').fill(code(secret));
  await page.keyboard.press('Enter');
  // Back to the page that the sign-out left.
  await expect(page.getByRole('heading', { name: 'Your account' })).toBeVisible();

  // A further workspace asks for it, too. The code before is spent: a recovery code does.
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.goto('/sign-up');
  await page.getByLabel('Your name').fill('Ana Souza');
  await page.getByLabel('Work email').fill(account.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(account.password);
  await page.getByLabel('Workspace name').fill('Rua Velha');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Code')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Code')).toHaveAccessibleDescription(/Enter the code/);
  await expectAccessible(page);
  await page.getByLabel('Code').fill(recovery);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Rua Velha' })).toBeVisible();
  await page.getByRole('link', { name: 'Account' }).click();

  await page.getByRole('button', { name: 'Switch off' }).click();
  await page.getByLabel('Your password once more').first().fill(account.password);
  await page.getByLabel('Code').fill(code(secret, 1));
  await page.getByRole('button', { name: 'Switch the second factor off' }).click();
  await expect(page.getByRole('button', { name: 'Set up an authenticator app' })).toBeVisible();
});

test('the address is confirmed and changed, and the password with it', async ({ page, request }) => {
  const account = await signUp(page);
  await page.goto('/account');
  await expect(page.getByText('Email not confirmed')).toBeVisible();
  await page.getByRole('button', { name: 'Send the link again' }).click();
  await expect(page.getByText(`We sent a link to ${account.email}.`)).toBeVisible();

  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByLabel('Your password once more').first().fill(account.password);
  await page.getByLabel('New password').fill('iloveyou12345');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByText('one of the most common ones')).toBeVisible();
  await page.getByLabel('New password').fill('violet harbour lamp');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByText('Your password is changed')).toBeVisible();
  await expectAccessible(page);

  const email = account.email.replace('ana-', 'ana.souza-');
  await page.getByRole('button', { name: 'Change the email' }).click();
  await page.getByLabel('Your password once more').first().fill('not the password');
  await page.getByLabel('New email').fill('nowhere');
  await page.getByRole('button', { name: 'Send the link' }).click();
  await expect(page.getByLabel('New email')).toHaveAccessibleDescription(/not an e-mail address/);
  await page.getByLabel('New email').fill(email);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await expect(page.getByText('This is not your password.')).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('Your password once more').first().fill('violet harbour lamp');
  await page.getByRole('button', { name: 'Send the link' }).click();
  await expect(page.getByText(`We sent a link to ${email}.`)).toBeVisible();

  await page.goto(await linkTo(request, email, 'confirm-email'));
  await page.getByRole('button').last().click();
  await expect(page.getByRole('heading', { name: 'Your address is changed' })).toBeVisible();
  await page.goto('/account');
  await expect(page.getByText(`You sign in with ${email}`)).toBeVisible();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await fillSignIn(page, { email, password: 'violet harbour lamp' });
  await expect(page.getByRole('heading', { name: 'Your account' })).toBeVisible();
});

test('sessions are listed and ended', async ({ page, request }) => {
  const account = await signUp(page);
  const signIn = (agent: string) =>
    request.post('/auth/sign-in', { data: account, headers: { 'user-agent': agent } });
  const phone = await signIn(
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1',
  );
  await signIn('curl/8.5.0');
  await page.goto('/account');
  await expect(page.getByText('This one')).toHaveCount(1);
  await expectAccessible(page);
  await page.getByRole('button', { name: /Sign out Safari on iPhone/ }).click();
  await expect(page.getByText('Safari on iPhone')).toHaveCount(0);
  const { accessToken } = (await phone.json()) as { accessToken: string };
  const refused = await request.post('/graphql', {
    data: { query: '{ me { id } }' },
    headers: { authorization: `Bearer ${accessToken}` },
  });
  expect(refused.status()).toBe(401);
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(page.getByText('curl/8.5.0')).toHaveCount(0);
  await expect(page.getByText('This one')).toHaveCount(1);
});
