// Removes a message without a request. Without script, its link shows the page again.
for (const dismiss of document.querySelectorAll('[data-dismiss]')) {
  dismiss.addEventListener('click', (event) => {
    event.preventDefault();
    history.replaceState(null, '', dismiss.href);
    dismiss.parentElement.remove();
    document.getElementById('main').focus();
  });
}
