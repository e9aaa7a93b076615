import { Icon } from '../frame/icon.tsx';
import { FormToken } from './form.tsx';

interface RowMenuProps {
  /** ID of the object that the row shows. A dialog that was opened from the menu leads back to `#actions-ID`. */
  id: string;
  /** Name of the object that the row shows. */
  name: string;
  items: readonly RowAction[];
}

/** An entry of the menu: a link, or a form that posts to an address. */
export type RowAction = { label: string } & ({ href: string } | { post: string });

/** The button at the end of a row, and its menu. The browser opens it without script. */
export function RowMenu({ id, name, items }: RowMenuProps) {
  const menuId = `menu-${id}`;
  const label = `Actions for ${name}`;
  return (
    <>
      <button type="button" class="icon-button" id={`actions-${id}`} popovertarget={menuId} aria-label={label}>
        <Icon name="kebab-horizontal" />
      </button>
      <ul id={menuId} class="menu row-menu" popover="auto" aria-label={label}>
        {items.map((item) => (
          <li>
            {'post' in item ? (
              <form method="post" action={item.post}>
                <FormToken />
                <button type="submit" class="nav-item">
                  {item.label}
                </button>
              </form>
            ) : (
              <a class="nav-item" href={item.href}>
                {item.label}
              </a>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
