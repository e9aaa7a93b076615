/** The link to the next page of a list. Renders nothing on the last page, where `href` is null. */
export function NextPageLink({ href }: { href: string | null }) {
  if (href === null) return null;
  return (
    <nav class="pages" aria-label="Pages">
      <a class="button" rel="next" href={href}>
        Next page
      </a>
    </nav>
  );
}
