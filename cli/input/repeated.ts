/** Collects the values of an option that may be given several times, such as `--group a --group b`. */
export function repeated(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}
