import { defineConfig, devices } from '@playwright/test';

const chromium = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** Runs against a product that is already up: `rapport dev`, or what RAPPORT_E2E_URL names. */
export default defineConfig({
  testDir: 'tests/e2e',
  workers: 2,
  timeout: 60_000,
  reporter: [['list']],
  use: {
    baseURL: process.env.RAPPORT_E2E_URL ?? 'http://127.0.0.1:8080',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'wide', use: { ...devices['Desktop Chrome'], viewport: { width: 1366, height: 900 } } },
    { name: 'narrow', use: { ...devices['Pixel 7'], viewport: { width: 390, height: 844 } } },
  ],
});
