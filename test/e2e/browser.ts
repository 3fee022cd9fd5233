import { createHash, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { installPackages } from '../lab/engine.ts';
import type { Homeserver } from '../lab/matrix-inventory.ts';

const program = '/usr/bin/chromium';

/**
 * Starts Chromium, installing it where it is missing, so that the names of homeservers lead to their lab addresses.
 * @param others more names, each with its address. @param trusted certificates (PEM) that it takes for good ones; a service worker wants that.
 */
export async function openBrowser(
  servers: readonly Homeserver[],
  say: (line: string) => void,
  others: Readonly<Record<string, string>> = {},
  trusted: readonly string[] = [],
): Promise<Browser> {
  if (!existsSync(program)) await installPackages(['chromium'], say);
  const rules = servers.flatMap(({ host }) => [host.serverName, ...host.names].map((name) => `MAP ${name} ${host.address}`));
  rules.push(...Object.entries(others).map(([name, address]) => `MAP ${name} ${address}`));
  return chromium.launch({
    executablePath: program,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=${rules.join(',')}`,
      ...(trusted.length > 0 ? [`--ignore-certificate-errors-spki-list=${trusted.map(keyDigest).join(',')}`] : []),
    ],
  });
}

/** The digest of a certificate's key, as Chromium names it. */
function keyDigest(certificate: string): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}

/** A page of a visitor of its own, and what went wrong on it: script errors, refused resources, failed requests. */
export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly complaints: string[];
}

/** Opens an address. The lab's certificates are not in Chromium's store, so they are not checked here; other tests check them. */
export async function visit(browser: Browser, url: string): Promise<Visit> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('console', (message) => {
    // A service worker wants a certificate that the browser trusts.
    if (message.type() === 'error' && !message.text().includes('SSL certificate error'))
      complaints.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(url);
  return { context, page, complaints };
}

/** Logs in with the web client that a page shows. */
export async function logInTo(page: Page, name: string, password: string): Promise<void> {
  await page.locator('#username').fill(name);
  await page.locator('#password').fill(password);
  await page.getByRole('button', { name: 'Log In', exact: true }).click();
}

/** For the pages of docs/: writes what the page shows to `NAME.png` of the folder that HOMERUN_PICTURES names, and does nothing where it names none. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['HOMERUN_PICTURES'];
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
}
