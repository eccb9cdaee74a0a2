// A box that scrolls sideways must be reachable by keyboard; one that does not should not stop the tab key.
const follow = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth && getComputedStyle(target).overflowX !== "visible") {
      target.tabIndex = 0;
    } else {
      target.removeAttribute("tabindex");
    }
  }
});

const boxes = ".table-box, .pst-scrollable-table-container, div.math, div.output";
for (const box of document.querySelectorAll(boxes)) {
  follow.observe(box);
}

// Names that stay while a table scrolls throw a shadow on what goes under them. Scrolling does not bubble.
addEventListener("scroll", ({ target }) => {
  if (target.matches?.(".table-box, .models-box")) {
    target.toggleAttribute("data-scrolled", target.scrollLeft > 0);
  }
}, { capture: true, passive: true });

// Where a table stands over the right margin, the theme folds its list of contents; it looks for this name.
for (const table of document.querySelectorAll(".cell_output :is(.themed-table:has(thead th:nth-child(7)), .models-table)")) {
  table.classList.add("full-width");
}

// On a phone the first column of a table is as wide as its longest word; of one with many columns, up to 8 letters.
for (const table of document.querySelectorAll(".themed-table")) {
  const words = [...table.querySelectorAll("tr > :first-child")].flatMap((cell) => cell.textContent.split(/[\s\-_.,:/()]+/));
  const most = table.querySelectorAll("thead tr:first-child > *").length > 5 ? 8 : 13;
  table.style.setProperty("--longest-word", Math.min(most, Math.max(3, ...words.map((word) => word.length))));
}

// A command in the text of a box can be copied, as one in a block can by the theme.
for (const command of document.querySelectorAll(".admonition p > strong:first-child + code")) {
  if (!command.textContent.startsWith("clipsafe ")) continue; // a word of the answer
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy-command";
  button.textContent = "Copy";
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(command.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  command.after(button);
}

// Paper is light, and nothing can be opened on it.
const paper = { opened: [], theme: "", isReady: false };
const toPaper = () => {
  if (!paper.isReady) {
    paper.isReady = true;
    paper.theme = document.documentElement.dataset.theme;
    paper.opened = [...document.querySelectorAll("details:not([open])")];
    document.documentElement.dataset.theme = "light";
    paper.opened.forEach((fold) => { fold.open = true; });
  }
};
const fromPaper = () => {
  if (paper.isReady) {
    paper.isReady = false;
    document.documentElement.dataset.theme = paper.theme;
    paper.opened.forEach((fold) => { fold.open = false; });
  }
};
addEventListener("beforeprint", toPaper);
addEventListener("afterprint", fromPaper);
matchMedia("print").addEventListener("change", ({ matches }) => (matches ? toPaper() : fromPaper()));

// docutils marks a bibliography as a list and its entries as something else; screen readers then find an empty list.
for (const entry of document.querySelectorAll(".citation-list > [role='doc-biblioentry']")) {
  entry.setAttribute("role", "listitem");
}

// The policy of the page stops code in attributes; the theme has it in two buttons, and compiling takes it out.
const acts = { ".btn-fullscreen-button": () => toggleFullScreen(), ".btn-download-pdf-button": () => print() };
for (const [button, act] of Object.entries(acts)) {
  document.querySelector(button)?.addEventListener("click", act);
}
