import { Icon } from '../frame/icon.tsx';

interface RowMenuProps {
  /** ID of what the row shows. A dialog that was opened from the menu leads back to `#actions-ID`. */
  id: string;
  /** Name of what the row shows. */
  name: string;
  items: readonly RowAction[];
}

/** A link of the menu. */
export interface RowAction {
  href: string;
  label: string;
}

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
            <a class="nav-item" href={item.href}>
              {item.label}
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
