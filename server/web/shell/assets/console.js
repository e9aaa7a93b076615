// Makes the pages nicer; each of them works without.

// A dialog that the server opened becomes a modal one; closing it leads back to where it was opened.
for (const dialog of document.querySelectorAll('dialog[data-modal][open]')) {
  dialog.removeAttribute('open');
  dialog.showModal();
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    location.assign(dialog.dataset.close);
  });
}

// What was done or went wrong is read out; after a dialog the focus returns to what opened it.
const announced = document.querySelector('[data-focus]');
const opener = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
if (announced) announced.focus();
else if (opener && !document.querySelector('dialog[open]')) opener.focus();

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    const copied = await navigator.clipboard.writeText(field.value).then(
      () => true,
      () => document.execCommand('copy'),
    );
    document.getElementById(`${button.dataset.copy}-copied`).textContent = copied ? 'Copied.' : 'Press Ctrl+C to copy.';
  });
}

// A value that is shown once is not left behind in a page that the browser keeps for Back.
addEventListener('pagehide', () => {
  for (const secret of document.querySelectorAll('[data-secret]')) secret.remove();
});

// A switch or filter acts at once; without script its button does.
for (const control of document.querySelectorAll('[data-submit]')) {
  control.addEventListener('change', () => control.form.requestSubmit());
}

// Nothing is sent twice by an impatient second click; what was stopped on its way can be sent again after ten seconds.
for (const form of document.querySelectorAll('form[method=post]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = 'yes';
    setTimeout(() => delete form.dataset.sent, 10_000);
  });
}
