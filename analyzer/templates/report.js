"use strict";
(() => {
  const said = document.getElementById("said");
  for (const form of document.querySelectorAll("form.filter")) {
    const table = document.getElementById(form.dataset.table);
    const rows = [...table.tBodies[0].rows];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const search = form.querySelector("input[type=search]");
    const boxes = [...form.querySelectorAll("input[type=checkbox]")];
    const selects = [...form.querySelectorAll("select")];
    const status = form.querySelector(".shown-rows");
    const filter = () => {
      const words = search.value.trim().toLowerCase().split(/\s+/);
      const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
      let shown = 0;
      rows.forEach((row, place) => {
        const hit = (!boxes.length || wanted.has(row.dataset.verdict))
          && selects.every((select) => !select.value || row.dataset[select.name] === select.value)
          && words.every((word) => texts[place].includes(word));
        row.hidden = !hit;
        if (hit) shown += 1;
      });
      status.textContent = `${shown} of ${rows.length} ${table.dataset.what}`;
    };
    search.addEventListener("input", filter);
    for (const control of [...boxes, ...selects]) control.addEventListener("change", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }
  const select = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  };
  for (const button of document.querySelectorAll("button.copy")) {
    const line = button.previousElementSibling;
    const word = button.firstChild;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(line.textContent);
        word.data = "Copied";
      } catch {
        select(line);
        word.data = "Selected";
      }
      said.textContent = `${word.data}: ${line.textContent}`;
      setTimeout(() => { word.data = "Copy"; }, 2000);
    });
  }
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
})();
