// What a link to a term, a claim, a citation or a figure leads to, as a card: under the pointer, with the focus of the
// keyboard, or at a first tap. The words are the link's title, which a browser without this script shows; a figure
// is the one that stands on the page. Esc closes a card; it stays while the pointer is on the link or on the card.

{
  const WAIT = 250; // milliseconds: a pointer that passes opens nothing, and has time to reach the card
  const GAP = 6;

  const card = document.createElement("div");
  card.id = "link-card";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  document.body.append(card);

  const cards = new Map();
  let opened = null;
  let waiting = 0;

  const paragraph = (text) => {
    const made = document.createElement("p");
    made.textContent = text;
    return made;
  };

  const figureOf = (figure) => {
    const picture = figure.querySelector("svg, img")?.cloneNode(true);
    picture?.setAttribute("aria-hidden", "true");
    return [...(picture ? [picture] : []), paragraph(figure.querySelector(".caption-text")?.textContent ?? "")];
  };

  for (const link of document.querySelectorAll(".bd-article a.reference.internal")) {
    const place = link.getAttribute("href");
    const figure = place.startsWith("#fig-") && document.getElementById(place.slice(1))?.closest("figure");
    if (figure) {
      cards.set(link, () => figureOf(figure));
    } else if (link.title) {
      const lines = link.title.split(" · ");
      cards.set(link, () => lines.map(paragraph));
      link.removeAttribute("title"); // Or the browser shows it beside the card.
    }
  }

  const close = () => {
    clearTimeout(waiting);
    opened?.removeAttribute("aria-describedby");
    opened = null;
    card.hidden = true;
  };

  const open = (link, ...more) => {
    clearTimeout(waiting);
    if (opened === link) return;
    close();
    card.replaceChildren(...cards.get(link)(), ...more); // All of it, before it is measured.
    card.hidden = false;
    const [line] = link.getClientRects();
    const { offsetWidth: width, offsetHeight: height } = card;
    const right = document.documentElement.clientWidth - width - GAP;
    const above = line.top - height - GAP;
    card.style.left = `${scrollX + Math.max(GAP, Math.min(line.left, right))}px`;
    // No card is higher than 45 % of the window: where there is no room above a line, there is below it.
    card.style.top = `${scrollY + (above > GAP ? above : line.bottom + GAP)}px`;
    link.setAttribute("aria-describedby", card.id);
    opened = link;
  };

  const later = (act) => {
    clearTimeout(waiting);
    waiting = setTimeout(act, WAIT);
  };

  for (const link of cards.keys()) {
    link.addEventListener("pointerenter", ({ pointerType }) => pointerType !== "touch" && later(() => open(link)));
    link.addEventListener("pointerleave", ({ pointerType }) => pointerType !== "touch" && later(close));
    link.addEventListener("focus", () => link.matches(":focus-visible") && open(link));
    link.addEventListener("blur", close);
    link.addEventListener("click", (event) => {
      if (event.pointerType === "touch" && opened !== link) {
        event.preventDefault();
        open(link, paragraph("Tap the link again to go there."));
      }
    });
  }
  card.addEventListener("pointerenter", () => clearTimeout(waiting));
  card.addEventListener("pointerleave", () => later(close));
  addEventListener("keydown", ({ key }) => key === "Escape" && close());
  addEventListener("pointerdown", ({ target }) => opened && !card.contains(target) && target.closest("a") !== opened && close());
}
