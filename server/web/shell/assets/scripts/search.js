// Moves the focus to the search when `/` is pressed outside of a field. In a narrow window, opens the search instead.
const find = document.getElementById('find');
const key = document.querySelector('.find kbd');
if (key) {
  key.hidden = false;
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (event.target.closest('input, select, textarea, dialog') || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    if (find.checkVisibility()) find.select();
    else location.assign(find.form.action);
  });
}

// Cuts a value to its prefix as soon as it is in a search field, so that no value reaches an address. White space, quotes or
// invisible characters may divide a copied value.
const prefixIn = (text) => /([a-z][a-z0-9]{1,9}_[0-9A-Za-z]{8})[0-9A-Za-z]{12}/.exec(text)?.[1];
for (const field of document.querySelectorAll('input[type=search]')) {
  const cut = () => {
    const prefix = prefixIn(field.value) ?? prefixIn(field.value.replace(/[\s\p{C}\p{QMark}`]/gu, ''));
    if (prefix) field.value = prefix;
  };
  field.addEventListener('input', cut);
  field.form.addEventListener('submit', cut);
  cut();
}
