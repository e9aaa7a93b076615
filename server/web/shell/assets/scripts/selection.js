// Selects all rows of a page with one box, and counts the selected ones.
const pageBox = document.querySelector('[data-select-page]');
if (pageBox && !pageBox.disabled) {
  const rowBoxes = [...document.querySelectorAll('.pick input[name]')];
  const selectedText = document.querySelector('[data-selected]');
  const showSelected = () => {
    const selected = rowBoxes.filter((box) => box.checked).length;
    pageBox.checked = selected === rowBoxes.length;
    pageBox.indeterminate = selected > 0 && selected < rowBoxes.length;
    selectedText.textContent = `${selected} selected`;
  };
  for (const box of rowBoxes) box.addEventListener('change', showSelected);
  pageBox.addEventListener('change', () => {
    for (const box of rowBoxes) box.checked = pageBox.checked;
    showSelected();
  });
  document.querySelector('[data-clear]').addEventListener('click', (event) => {
    event.preventDefault();
    for (const box of rowBoxes) box.checked = false;
    showSelected();
    pageBox.focus();
  });
  addEventListener('pageshow', showSelected);
}
