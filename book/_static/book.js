// A box that scrolls sideways must be reachable by keyboard; one that does not should not stop the tab key.
const follow = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) {
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

// docutils marks a bibliography as a list and its entries as something else; screen readers then find an empty list.
for (const entry of document.querySelectorAll(".citation-list > [role='doc-biblioentry']")) {
  entry.setAttribute("role", "listitem");
}

// The policy of the page stops code in attributes; the theme has it in two buttons, and compiling takes it out.
const acts = { ".btn-fullscreen-button": () => toggleFullScreen(), ".btn-download-pdf-button": () => print() };
for (const [button, act] of Object.entries(acts)) {
  document.querySelector(button)?.addEventListener("click", act);
}
