import open from 'open';

/** Opens a page in the default browser, without a shell. Returns false if no browser could be started. */
export async function openBrowser(url: string): Promise<boolean> {
  const child = await open(url);
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    // A launcher that found no browser fails within a second. One that started a browser may keep running.
    child.once('exit', (code) => resolve(code === 0));
    setTimeout(() => resolve(true), 1_000).unref();
  });
}
