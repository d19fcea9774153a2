import { defineConfig, devices } from '@playwright/test';

const chromium = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
/** The program `rapport`, its path from the root of the project. */
const binary = process.env.RAPPORT_E2E_BINARY;

/** A product for these tests alone, on a port that is free; its line about where it runs sets RAPPORT_E2E_URL. */
const product = {
  command: `"${binary}" dev`,
  cwd: '..',
  // All tests sign in from one address, more often than its limit allows when they are repeated.
  env: { RAPPORT_HTTP_ADDR: '127.0.0.1:0', RAPPORT_METRICS_ADDR: '0', RAPPORT_LIMIT_ADDRESS_HOUR: '0' },
  wait: { stdout: /Rapport runs on (?<rapport_e2e_url>\S+)/ },
  timeout: 180_000,
  gracefulShutdown: { signal: 'SIGTERM', timeout: 30_000 },
} as const;

/**
 * With RAPPORT_E2E_BINARY, as `make test` does it: against a product started here. Otherwise against one that
 * is already up: `rapport dev`, or what RAPPORT_E2E_URL names.
 */
export default defineConfig({
  ...(binary && { webServer: product }),
  testDir: 'tests/e2e',
  // Not below web/, where `make run` would take it for a change of the app.
  outputDir: '../target/browser-tests',
  workers: 2,
  timeout: 60_000,
  reporter: [['list']],
  use: {
    baseURL: process.env.RAPPORT_E2E_URL ?? 'http://127.0.0.1:8080',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium,
      // Chromium has none for root.
      chromiumSandbox: process.getuid?.() !== 0,
      args: [
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
