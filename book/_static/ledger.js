// The table of the ledger: which rows are shown, and in which order. Without this script all are, in the file's order.

{
  const button = (text, pressed, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-pressed", String(pressed));
    made.addEventListener("click", () => act(made));
    return made;
  };

  for (const table of document.querySelectorAll(".ledger-table")) {
    const studies = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
    const claims = [...table.tBodies];
    const cellsOf = (claim) => [...claim.rows[0].cells].slice(1);
    const chosen = { label: null, study: null, order: "claim" };
    const counted = document.createElement("p");
    counted.setAttribute("role", "status");

    // Of one study, or of any.
    const asked = (claim) => cellsOf(claim).filter((_, place) => chosen.study === null || place === chosen.study);
    const rank = (claim) => Math.min(...asked(claim).map((cell) => Number(cell.dataset.rank)));

    const show = () => {
      for (const claim of claims) {
        claim.hidden = chosen.label !== null && !asked(claim).some((cell) => cell.dataset.label === chosen.label);
      }
      table.append(...(chosen.order === "label" ? claims.toSorted((a, b) => rank(a) - rank(b)) : claims));
      counted.textContent = `${claims.filter((claim) => !claim.hidden).length} of ${claims.length} claims`;
    };

    const choices = (title, name, values) => {
      const group = document.createElement("div");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", title);
      const said = document.createElement("span");
      said.textContent = `${title}:`;
      group.append(said, ...values.map(([text, value]) => button(text, chosen[name] === value, (pressed) => {
        chosen[name] = value;
        for (const one of group.querySelectorAll("button")) {
          one.setAttribute("aria-pressed", String(one === pressed));
        }
        show();
      })));
      return group;
    };

    const cells = claims.flatMap(cellsOf).toSorted((a, b) => a.dataset.rank - b.dataset.rank);
    const labels = [...new Set(cells.map((cell) => cell.dataset.label))];
    const tools = document.createElement("div");
    tools.className = "ledger-tools";
    tools.append(
      choices("Label", "label", [["all", null], ...labels.map((label) => [label, label])]),
      ...(studies.length > 1 ? [choices("Study", "study", [["any", null], ...studies.map((study, place) => [study, place])])] : []),
      choices("Order", "order", [["by claim", "claim"], ["by label", "label"]]),
      counted,
    );
    table.closest("figure").querySelector("figcaption").after(tools);
    show();

    // A link to a claim leads to its row, whatever was chosen, and below the choices that have moved it.
    const reveal = () => {
      const claim = document.getElementById(decodeURIComponent(location.hash.slice(1)))?.closest("tbody");
      if (claims.includes(claim)) {
        if (claim.hidden) {
          tools.querySelector("button").click();
        }
        claim.rows[0].scrollIntoView();
      }
    };
    reveal();
    addEventListener("hashchange", reveal);
  }
}
