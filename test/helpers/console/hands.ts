import type { Locator, Page } from 'playwright-core';

/** A way to use a page. */
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
  press: (target) => target.click(),
  async write(target, text) {
    await target.click();
    await target.fill(text);
  },
};

/** Tab, Enter and Space only: what Tab does not reach cannot be used. */
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

/** Every way in which each flow must work. */
export const ways: Way[] = [
  { by: 'mouse', hands: mouse, script: true },
  { by: 'mouse', hands: mouse, script: false },
  { by: 'keyboard', hands: keyboard, script: true },
  { by: 'keyboard', hands: keyboard, script: false },
];

/** Presses Tab until this has the focus, and a mark that shows it. */
export async function tabTo(target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; !(await hasFocus(target)); presses += 1) {
    if (presses > 150) throw new Error(`Tab does not reach ${target}`);
    await target.page().keyboard.press('Tab');
  }
  if (!(await showsFocus(target.page()))) throw new Error(`Nothing shows that ${target} has the focus`);
}

export function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluate((element) => element === element.ownerDocument.activeElement);
}

/** Whether the focused element, or the dialog or text that holds the focus for reading, is marked. */
export function showsFocus(page: Page): Promise<boolean> {
  return page.evaluate(`(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  })()`);
}
