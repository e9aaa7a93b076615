import { existsSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { hasRealParts } from '../peers/real-parts.ts';

export interface Look {
  /** Whether JavaScript is enabled; default true. */
  script?: boolean;
  theme?: 'light' | 'dark';
  /** In CSS pixels. */
  width?: number;
  height?: number;
}

export interface TestBrowser {
  /** Opens a page in a new browser context without cookies. */
  visit(url: string, look?: Look & Omit<BrowserContextOptions, 'baseURL'>): Promise<Page>;
  /** Errors that pages reported during this test. A test that provokes one must remove it. */
  troubles: string[];
}

/** Debian's Chromium without windows. The whole Chromium works as well, but takes twice as much of the processor's time. */
const headlessShell = '/usr/bin/chromium-headless-shell';
export const chromiumPath = existsSync(headlessShell) ? headlessShell : '/usr/bin/chromium';
export const chromiumIsHere = chromiumPath === headlessShell || hasRealParts('chromium');

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Resolves no host except this machine, so that no test reaches the network.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/**
 * Runs one Chromium for the tests of a file. After each test it closes the test's pages, and fails the test if a page logged
 * an error, violated its content security policy, threw an exception, or opened a JavaScript dialog.
 */
export function useBrowser(): TestBrowser {
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  const troubles: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath, args: flags });
  });
  afterEach(async () => {
    for (const context of contexts) await context.close();
    contexts = [];
    expect(troubles.splice(0)).toEqual([]);
  });
  afterAll(() => browser.close());

  return {
    troubles,
    async visit(url, { script = true, theme = 'light', width = 1280, height = 800, ...options } = {}) {
      const context = await browser.newContext({
        baseURL: url,
        javaScriptEnabled: script,
        colorScheme: theme,
        viewport: { width, height },
        ...options,
      });
      context.setDefaultTimeout(5_000);
      contexts.push(context);
      watch(context, troubles);
      return context.newPage();
    },
  };
}

function watch(context: BrowserContext, troubles: string[]): void {
  context.on('console', (message) => {
    // Chromium logs every response with status 400 or above, such as the page of a rejected form.
    const refusedPage = /^Failed to load resource: .* status of/.test(message.text());
    if (message.type() === 'error' && !(refusedPage && !message.location().url.includes('/assets/'))) {
      troubles.push(message.text());
    }
  });
  context.on('weberror', (error) => troubles.push(String(error.error())));
  context.on('dialog', async (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
}

/** The rules of axe whose result depends on colors. */
export const colorRules = ['color-contrast', 'link-in-text-block'];

/** Returns axe for this page. It parses its half a megabyte of script only once on each page. */
export async function axeOn(page: Page): Promise<AxeBuilder> {
  const isThere = await page.evaluate("'axe' in window");
  return new AxeBuilder({ page, ...(isThere === true && { axeSource: 'void 0' }) }).setLegacyMode(true);
}

/** Returns axe's violations of WCAG 2.2 AA and of its best practices, or of `rules` only. */
export async function axeFindings(page: Page, rules?: string[]): Promise<string[]> {
  // axe disables this WCAG 2.2 rule by default.
  const options = { resultTypes: ['violations' as const], rules: { 'target-size': { enabled: true } } };
  const axe = (await axeOn(page)).options(options);
  if (rules) axe.withRules(rules);
  else axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']);
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

/** Returns how far the page can be scrolled sideways, in pixels. */
export function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
