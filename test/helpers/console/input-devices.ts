import type { Locator, Page } from 'playwright-core';

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
  press: (target) => target.click(),
  async write(target, text) {
    await target.click();
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

/** Presses Tab until the target has a visible focus. Throws if it is never reached or the focus is invisible. */
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

/** Reports whether the focused element has a visible outline. */
export function showsFocus(page: Page): Promise<boolean> {
  return page.evaluate(`(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  })()`);
}
