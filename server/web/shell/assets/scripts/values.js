const unsaved = document.querySelector('[data-unsaved]');
const markSaved = () => unsaved?.removeAttribute('data-unsaved');

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const source = document.getElementById(button.dataset.copy);
    const copied = await navigator.clipboard.writeText(source.value ?? source.textContent).then(
      () => true,
      () => {
        select(source);
        return document.execCommand('copy');
      },
    );
    if (copied && source === unsaved) markSaved();
    document.getElementById(`${button.dataset.copy}-copied`).textContent = copied ? 'Copied' : 'Press Ctrl+C to copy.';
  });
}

function select(source) {
  if (source.select) source.select();
  else getSelection().selectAllChildren(source);
}

// Asks once before somebody leaves a page whose value was not copied. “I have saved it” counts as a copy. Browsers do not ask on
// a page that nobody has touched yet.
if (unsaved) {
  unsaved.addEventListener('copy', markSaved);
  document.querySelector('[data-saved]').addEventListener('click', markSaved);
  addEventListener('beforeunload', (event) => {
    if (!unsaved.hasAttribute('data-unsaved') || navigator.userActivation?.hasBeenActive === false) return;
    event.preventDefault();
    // Chromium does not ask if this listener removes itself, as with `once`.
    markSaved();
  });
}

// Removes secrets before the page enters the back/forward cache, so that Back cannot show them again.
addEventListener('pagehide', () => {
  for (const secret of document.querySelectorAll('[data-secret]')) secret.remove();
});
