// Makes a dialog that the server rendered modal. Escape leads back to the page that opened it.
for (const dialog of document.querySelectorAll('dialog[data-modal][open]')) {
  dialog.removeAttribute('open');
  dialog.showModal();
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    location.assign(dialog.dataset.close);
  });
}
