import open from 'open';

/** Opens a page in the default browser, never through a shell. False if the program for it could not be started. */
export async function openBrowser(url: string): Promise<boolean> {
  const child = await open(url);
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    // What ends at once with a failure found no browser; a browser that this started may run for long.
    child.once('exit', (code) => resolve(code === 0));
    setTimeout(() => resolve(true), 1_000).unref();
  });
}
