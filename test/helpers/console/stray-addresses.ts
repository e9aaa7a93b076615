/**
 * Returns the attributes of a page whose value is a path on the same host but outside `basePath`. Ignores `value` and `title`,
 * which hold paths as text.
 */
export function strayAddresses(html: string, basePath: string): string[] {
  return [...html.matchAll(/\s([\w-]+)="(?:0;url=)?(\/(?!\/)[^"]*)"/g)]
    .filter(
      ([, name = '', path = '']) =>
        !['value', 'title', 'aria-keyshortcuts'].includes(name) && !path.startsWith(`${basePath}/`),
    )
    .map(([attribute]) => attribute.trim());
}
