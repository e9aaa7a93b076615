/** The code that a driver or the operating system gave an error, else its class; never its message, which may hold values. */
export function driverCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && /^\w{1,40}$/.test(String(error.code)) ? String(error.code) : error.name;
}
