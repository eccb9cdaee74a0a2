// All that is known of the model that the address names (?model=NAME), above the table of all models: models.js calls
// this. What chapters/model_table/views.py wrote comes in a small script; without it, what the table says remains.

{
  const { make, load, choose } = window.chosen;
  const SHARDS = 23; // As views.py deals the views.
  const HEADS = ["Property", "Value (95\u00a0%)", "Place", "At equal accuracy", "For use"];
  const EVALUATED = ["Property", "Value (95\u00a0%)", "Evaluation", "Source"];

  const shardOf = (name) => [...name].reduce((number, letter) => (31 * number + letter.codePointAt(0)) % SHARDS, 0);

  const quoted = (name) => (/^[\w.:@-]+$/.test(name) ? name : `'${name}'`); // For a shell.

  const list = (items) => make("ul", {}, ...items.map((item) => make("li", {}, item)));

  const tableOf = (title, heads, ...bodies) => {
    const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)));
    const table = make("table", {}, make("thead", {}, head), ...bodies);
    return make("div", { class: "table-box", role: "region", "aria-label": title, tabindex: "0" }, table);
  };

  const cellsOf = (heads, texts) => texts.map((text, place) => make("td", { "data-name": heads[place + 1] }, text));

  // Rows that share a head: of a card one, of a property one for each of its evaluations.
  const rowsOf = (heads, head, rows) => rows.map((texts, place) => {
    const first = place ? [] : [make("th", { scope: rows.length > 1 ? "rowgroup" : "row", rowspan: rows.length }, head)];
    return make("tr", {}, ...first, ...cellsOf(heads, texts));
  });

  // A body for each part, under a line that names it and leads to its chapter.
  const cardOf = (name, parts) => tableOf(`The card of ${name}`, HEADS, ...parts.map(([part, page, lines]) => {
    const address = `${page}.html?${new URLSearchParams({ model: name })}`;
    const link = make("a", { href: address }, "the chapter, with this model ringed");
    const head = make("th", { scope: "rowgroup", colspan: HEADS.length }, `${part} · `, link);
    return make("tbody", {}, make("tr", { class: "part" }, head), ...lines.flatMap(([head, ...texts]) => rowsOf(HEADS, head, [texts])));
  }));

  // A body for each property, those first that were measured most often.
  const evaluationsOf = (name, evaluated) => {
    const each = evaluated.flatMap(([evaluation, source, values]) => (
      values.map(([property, value]) => ({ property, texts: [value, evaluation, source] }))
    ));
    const properties = [...Map.groupBy(each, ({ property }) => property)].sort(([, a], [, b]) => b.length - a.length);
    const several = properties.filter(([, ofOne]) => ofOne.length > 1).length;
    const bodies = properties.map(([property, ofOne]) => (
      make("tbody", {}, ...rowsOf(EVALUATED, property, ofOne.map(({ texts }) => texts)))
    ));
    const says = several ? `${several} of ${properties.length} properties were measured more than once` : "each property once";
    const summary = make("summary", {}, `Every evaluation side by side: ${says}`);
    const fold = make("details", {}, summary, tableOf(`Every evaluation of ${name}`, EVALUATED, ...bodies));
    fold.open = several > 0;
    return fold;
  };

  const networkOfRecord = (name, [checkpoint, [note, ...howToRead], parts, unknown, evaluated]) => [
    make("p", {}, note, " To print it, or to have it as a file: ", make("code", {}, `clipsafe card ${quoted(checkpoint)}`)),
    ...(parts.length ? [cardOf(name, parts)] : []),
    ...(unknown.length ? [make("p", {}, "Not known:"), list(unknown)] : []),
    ...(evaluated.length ? [evaluationsOf(name, evaluated)] : []),
    make("details", {}, make("summary", {}, "How to read it"), list(howToRead)),
  ];

  const read = async (name) => {
    const { words, views } = await load(String(shardOf(name)));
    // A text is a place in the words, with the numbers that stand in it.
    const said = (one) => {
      if (Array.isArray(one)) {
        return one.map(said);
      }
      const [place, ...numbers] = String(one).split(" ");
      return numbers.length ? words[place].replaceAll("#", () => numbers.shift()) : words[place];
    };
    return said(Object.hasOwn(views, name) ? views[name] : []);
  };

  const contentsOf = async (name, isInTable) => {
    try {
      const networks = await read(name);
      if (networks.length > 1) {
        return [`The record has ${networks.length} networks of this name; no source says whether they are one.`, ...networks];
      }
      return networks.length ? networks : [isInTable
        ? "It has no card: cards place networks of the record that were neither trained in the laboratory nor made as controls."
        : "No model of the table is called so."];
    } catch {
      // A page taken along has no script beside it, and an address of the site only where that is real.
      const site = document.querySelector("link[rel=canonical]")?.href;
      const address = `${site}?${new URLSearchParams({ model: name })}`;
      const link = site ? [": ", make("a", { href: address }, address)] : ["."];
      return [make("span", {}, "Its intervals and places are on the site of the book", ...link)];
    }
  };

  // `facts` is what the table says of the model; nothing where it has no such.
  window.showModel = async (name, facts) => {
    const close = make("button", { type: "button" }, "Close, and take the ring off");
    const heading = make("h2", { id: "model-view-name" }, name);
    const view = make("section", { class: "model-view", "aria-labelledby": "model-view-name" }, heading);
    view.append(make("p", {}, facts), close);
    close.addEventListener("click", () => choose(""));
    for (const one of await contentsOf(name, facts !== "")) {
      view.append(...(Array.isArray(one) ? networkOfRecord(name, one) : [make("p", {}, one)]));
    }
    return view;
  };
}
