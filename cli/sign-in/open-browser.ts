import open from 'open';

/** Opens a page in the default browser, without a shell. Returns false if no browser could be started. */
export async function openBrowser(url: string): Promise<boolean> {
  const child = await open(url);
  return new Promise((resolve) => {
    // A launcher that found no browser fails within a second. One that started a browser may keep running.
    const timer = setTimeout(() => resolve(true), 1_000);
    const settle = (isOpen: boolean) => {
      clearTimeout(timer);
      resolve(isOpen);
    };
    child.once('error', () => settle(false));
    child.once('exit', (code) => settle(code === 0));
  });
}
