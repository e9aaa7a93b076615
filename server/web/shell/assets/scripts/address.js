// Warns if the console was opened at another address than its own: another name or port, an IP address, or http.
for (const notice of document.querySelectorAll('[data-public-origin]')) {
  const elsewhere = notice.dataset.publicOrigin !== location.origin;
  notice.querySelector('[data-wrong-origin]').hidden = !elsewhere;
  notice.querySelector('[data-right-origin]').hidden = elsewhere;
}
