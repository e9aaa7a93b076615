/** A field of a form as text; what is missing, or is a file, is empty. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
