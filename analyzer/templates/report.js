"use strict";
(() => {
  const rows = [...document.querySelectorAll("#rules tbody tr")];
  const search = document.getElementById("search");
  const boxes = [...document.querySelectorAll("input[name=verdict]")];
  const status = document.getElementById("shown-rules");
  const filter = () => {
    const text = search.value.trim().toLowerCase();
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const row of rows) {
      const hit = wanted.has(row.dataset.verdict) && row.textContent.toLowerCase().includes(text);
      row.hidden = !hit;
      if (hit) shown += 1;
    }
    status.textContent = `${shown} of ${rows.length} rules`;
  };
  search.addEventListener("input", filter);
  for (const box of boxes) box.addEventListener("change", filter);
  document.querySelector("form.filter").addEventListener("submit", (event) => event.preventDefault());
  for (const button of document.querySelectorAll("button.copy")) {
    button.addEventListener("click", async () => {
      const pre = button.previousElementSibling;
      try {
        await navigator.clipboard.writeText(pre.textContent.trim());
        button.textContent = "Copied";
      } catch {
        const range = document.createRange();
        range.selectNodeContents(pre);
        const selection = getSelection();
        selection.removeAllRanges();
        selection.addRange(range);
        button.textContent = "Selected";
      }
    });
  }
})();
