import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** Operates a page with the mouse or the keyboard. */
export interface Hands {
  press(target: Locator): Promise<void>;
  write(target: Locator, text: string): Promise<void>;
}

export interface Way {
  by: 'mouse' | 'keyboard';
  hands: Hands;
  script: boolean;
}

export const mouse: Hands = {
  async press(target) {
    await pageOf(target);
    await target.click();
  },
  async write(target, text) {
    await mouse.press(target);
    await target.fill(text);
  },
};

/** Uses only Tab, Enter and Space, so a control that Tab does not reach fails the test. */
export const keyboard: Hands = {
  async press(target) {
    await tabTo(target);
    const isBox = await target.evaluate((element) => element.matches('input[type=checkbox], input[type=radio]'));
    await target.page().keyboard.press(isBox ? 'Space' : 'Enter');
  },
  async write(target, text) {
    await tabTo(target);
    await target.page().keyboard.press('ControlOrMeta+A');
    await target.page().keyboard.type(text);
  },
};

/** The ways in which every flow must work. */
export const ways: Way[] = [
  { by: 'mouse', hands: mouse, script: true },
  { by: 'mouse', hands: mouse, script: false },
  { by: 'keyboard', hands: keyboard, script: true },
  { by: 'keyboard', hands: keyboard, script: false },
];

/** Closes a dialog, as soon as the script of the page made it modal. */
export async function pressEscape(dialog: Locator): Promise<void> {
  const page = await pageOf(dialog);
  await page.keyboard.press('Escape');
}

/** Returns the page of the target once its script has run: before, a key or a click does what it does without script. */
async function pageOf(target: Locator): Promise<Page> {
  await target.waitFor();
  await target.page().waitForLoadState('domcontentloaded');
  return target.page();
}

/** Presses Tab until the target has a visible focus. Throws if it is never reached or the focus is invisible. */
export async function tabTo(target: Locator): Promise<void> {
  const page = await pageOf(target);
  for (let presses = 0; !(await hasFocus(target)); presses += 1) {
    if (presses > 150) throw new Error(`Tab does not reach ${target}`);
    await page.keyboard.press('Tab');
  }
  if (!(await showsFocus(page))) throw new Error(`Nothing shows that ${target} has the focus`);
}

/** Waits until the target has the focus: browsers obey `autofocus` some time after they show the page. */
export async function waitForFocus(target: Locator): Promise<void> {
  await expect.poll(() => hasFocus(target), { message: `${target} should get the focus` }).toBe(true);
}

function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluate((element) => element === element.ownerDocument.activeElement);
}

/** Reports whether the focused element has a visible outline. */
export function showsFocus(page: Page): Promise<boolean> {
  return page.evaluate(`(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  })()`);
}
