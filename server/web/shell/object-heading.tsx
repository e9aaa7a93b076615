import { FormToken } from './components/form.tsx';
import { RowMenu } from './components/row-menu.tsx';

/** Something that the reader can do with what a page shows: a link, or a form that posts to an address. */
export type ObjectAction = { label: string; danger?: boolean } & ({ id: string; href: string } | { post: string });

interface ObjectHeadingProps {
  /** The list that the page belongs to. */
  back: { href: string; text: string };
  name: string;
  /** The most common ones first, and those that cannot be undone last. The first two are buttons. The others are in a menu. */
  actions: readonly ObjectAction[];
  /** ID of the menu, if dialogs lead back to another one than `moreActionsId`. */
  menuId?: string;
}

/** How many actions are buttons. */
const maxButtons = 2;

/** ID of the button that opens the menu of the other actions. A dialog that was opened from there leads back to it. */
export const moreActionsId = 'actions-more';

/** The top of a page about one thing: the way back to the list, the name, and what the reader can do. */
export function ObjectHeading({ back, name, actions, menuId = 'more' }: ObjectHeadingProps) {
  const others = actions.slice(maxButtons);
  return (
    <>
      <p>
        <a href={back.href}>{back.text}</a>
      </p>
      <div class="heading">
        <h1>
          <bdi>{name}</bdi>
        </h1>
        {actions.length > 0 && (
          <div class="buttons">
            {actions.slice(0, maxButtons).map((action) => (
              <ActionButton action={action} />
            ))}
            {others.length > 0 && <RowMenu id={menuId} name={name} items={others} />}
          </div>
        )}
      </div>
    </>
  );
}

function ActionButton({ action }: { action: ObjectAction }) {
  const look = action.danger ? 'quiet danger' : 'quiet';
  if ('post' in action) {
    return (
      <form method="post" action={action.post}>
        <FormToken />
        <button type="submit" class={look}>
          {action.label}
        </button>
      </form>
    );
  }
  return (
    <a class={`button ${look}`} id={action.id} href={action.href}>
      {action.label}
    </a>
  );
}
