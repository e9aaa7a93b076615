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
