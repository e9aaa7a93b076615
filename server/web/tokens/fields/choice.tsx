import type { Child } from 'hono/jsx';

interface ChoiceProps {
  name: string;
  value: string;
  /** The selected value of the group. */
  selected: string;
  /** Whether the selected choice receives the focus, so that a key press does not change the selection. */
  focused: boolean;
  children?: Child;
}

/** One of several choices, of which exactly one is selected. */
export function Choice({ name, value, selected, focused, children }: ChoiceProps) {
  return (
    <label class="inline">
      <input
        type="radio"
        name={name}
        value={value}
        checked={value === selected}
        autofocus={value === selected && focused}
        required
      />
      <span>{children}</span>
    </label>
  );
}
