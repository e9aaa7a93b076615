// Progressive enhancement: every page also works without this script.

// Makes a dialog that the server rendered modal. Escape leads back to the page that opened it.
for (const dialog of document.querySelectorAll('dialog[data-modal][open]')) {
  dialog.removeAttribute('open');
  dialog.showModal();
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    location.assign(dialog.dataset.close);
  });
}

// Focuses a success or error message, so that screen readers announce it. After a dialog, the focus returns to its opener.
const announcement = document.querySelector('[data-focus]');
const opener = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
if (announcement) announcement.focus();
else if (opener && !document.querySelector('dialog[open]')) opener.focus();

// Warns if the console was opened at another address than its own: another name or port, an IP address, or http.
for (const notice of document.querySelectorAll('[data-public-origin]')) {
  const elsewhere = notice.dataset.publicOrigin !== location.origin;
  notice.querySelector('[data-wrong-origin]').hidden = !elsewhere;
  notice.querySelector('[data-right-origin]').hidden = elsewhere;
}

// Removes a message without a request. Without script, its link shows the page again.
for (const dismiss of document.querySelectorAll('[data-dismiss]')) {
  dismiss.addEventListener('click', (event) => {
    event.preventDefault();
    history.replaceState(null, '', dismiss.href);
    dismiss.parentElement.remove();
    document.getElementById('main').focus();
  });
}

// Shows times in the time zone of this browser, and says so once. Pages without `data-zone` stay in UTC.
const zone = document.querySelector('[data-zone]');
if (zone) {
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const twoDigits = (number) => String(number).padStart(2, '0');
  const date = (time) => `${time.getDate()} ${months[time.getMonth()]} ${time.getFullYear()}`;
  const minute = (time) => `${date(time)}, ${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`;
  for (const element of document.querySelectorAll('time[datetime]')) {
    const time = new Date(element.dateTime);
    if (element.dataset.exact) element.dataset.exact = minute(time);
    if (element.dataset.form === 'date') element.textContent = date(time);
    if (element.dataset.form === 'minute') element.textContent = minute(time);
  }
  const ahead = -new Date().getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(ahead) / 60), Math.abs(ahead) % 60].map(twoDigits);
  zone.textContent = `Times are in your time zone, UTC${ahead < 0 ? '−' : '+'}${hours}:${minutes}.`;
}

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

// Removes secrets before the page enters the back/forward cache, so that Back cannot show them again.
addEventListener('pagehide', () => {
  for (const secret of document.querySelectorAll('[data-secret]')) secret.remove();
});

// Submits the form as soon as a switch changes. Without script, the form has a button.
for (const control of document.querySelectorAll('[data-submit]')) {
  control.addEventListener('change', () => control.form.requestSubmit());
}

// Ignores a second click on a submit button. After 10 seconds the form can be sent again, in case the request failed.
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
