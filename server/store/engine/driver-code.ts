/** Returns an error's code, or else its class name. Do not log a driver's error message: it may contain values. */
export function driverCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && /^\w{1,40}$/.test(String(error.code)) ? String(error.code) : error.name;
}
