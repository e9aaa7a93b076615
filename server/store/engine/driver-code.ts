/** Returns the code of a driver's or system error, or its class name. Its message is not safe to log: it may contain values. */
export function driverCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && /^\w{1,40}$/.test(String(error.code)) ? String(error.code) : error.name;
}
