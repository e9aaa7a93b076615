// Makes a dialog that the server rendered modal. Escape leads back to the page that opened it. A dialog without such a page shows
// a value once. It stays open, even if the browser tried to close it.
for (const dialog of document.querySelectorAll('dialog[data-modal][open]')) {
  const { close } = dialog.dataset;
  dialog.removeAttribute('open');
  dialog.showModal();
  // The buttons are always in sight. If one of them has the focus, a long dialog still begins at its beginning.
  if (document.activeElement?.closest('.actions')) dialog.scrollTop = 0;
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    if (close !== undefined) location.assign(close);
  });
  if (close === undefined) dialog.addEventListener('close', () => dialog.showModal());
}
