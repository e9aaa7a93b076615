import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { hasRealParts } from '../peers/real-parts.ts';

export interface Look {
  /** False switches script off. */
  script?: boolean;
  theme?: 'light' | 'dark';
  /** In CSS pixels. */
  width?: number;
  height?: number;
}

export interface TestBrowser {
  /** A visitor of their own, with an empty cookie jar. */
  visit(url: string, look?: Look & Omit<BrowserContextOptions, 'baseURL'>): Promise<Page>;
  /** What went wrong since the test began. A test that provokes something takes it out. */
  troubles: string[];
}

export const chromiumIsHere = hasRealParts('chromium');

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Whatever a page asks for, nothing but this machine is ever looked for.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/**
 * One Chromium for the tests of a file. After each test its visitors are gone, and no page may have logged an error,
 * violated its content security policy, thrown, or opened a JavaScript dialog.
 */
export function useBrowser(): TestBrowser {
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  const troubles: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
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
    // Chromium logs every answer of 400 and above; a refused form is such a page.
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

/** What axe finds against WCAG 2.2 AA and its own best practices. */
export async function axeFindings(page: Page): Promise<string[]> {
  // The size of targets is new in WCAG 2.2, and axe leaves it out by itself.
  const options = { resultTypes: ['violations' as const], rules: { 'target-size': { enabled: true } } };
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options(options);
  axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']);
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

/** How far the page can be scrolled sideways, in pixels. */
export function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
