import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';

export const demo = {
  email: 'demo@example.com',
  password: 'rapport-demo',
};

interface Fixtures {
  /** A page on which a script error, or one that the content security policy refused, fails the test. */
  page: Page;
}

export const test = base.extend<Fixtures>({
  page: async ({ page }, use) => {
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) faults.push(message.text());
    });
    await use(page);
    expect(faults).toEqual([]);
  },
});

export { expect };

export async function signIn(page: Page): Promise<void> {
  await page.goto('/sign-in');
  await fillSignIn(page);
  await expect(page.getByText('Darcel Schlecht').first()).toBeVisible();
}

export async function fillSignIn(page: Page, { email, password } = demo): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** No finding of axe at WCAG 2.2 AA, nor of its best practices. */
export async function expectAccessible(page: Page, exclude?: string): Promise<void> {
  const axe = new AxeBuilder({ page }).withTags([
    'wcag2a',
    'wcag2aa',
    'wcag21a',
    'wcag21aa',
    'wcag22aa',
    'best-practice',
  ]);
  if (exclude) axe.exclude(exclude);
  const { violations } = await axe.analyze();
  const findings = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
  expect(findings).toEqual([]);
}
