// The table of all models: DataTables sorts and pages; the form filters; the address says what is shown,
// as in #study=published&group=clip_zero_shot&q=vit&sort=accuracy&order=desc, and in ?model= whose view stands above

{
  const holder = document.querySelector("script.models-data");
  const { columns, views } = JSON.parse(holder.textContent);
  const choices = columns.filter(({ kind }) => kind === "choice");
  const isNumber = ({ kind }) => ["percent", "count", "size"].includes(kind);
  const inAddress = { training_source: "source" };
  const nameOf = ({ key }) => inAddress[key] ?? key;

  const { chosen, showModel } = window;
  const { make, networkOf } = chosen;

  // Reading numbers

  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
  const writers = {
    percent: (value) => value.toFixed(1),
    count: (value) => compact.format(value),
    size: String,
  };

  const escaped = (text) => make("i", {}, text).innerHTML;

  // As cubes name a model: stored as what stands around its short name.
  const [{ values: names, full }] = columns;
  const fullName = (row) => full.words[full.values[row]].replace("~", () => names[row].split(" (")[0]);

  const textOf = (column, value) => {
    if (isNumber(column)) {
      return value === null ? "–" : writers[column.kind](value);
    }
    return column.labels ? column.labels[value] : value;
  };

  const render = (column) => (value, type, _data, { row }) => {
    if (column.kind === "name" && type === "filter") {
      return `${value} ${fullName(row)}`;
    }
    if (type !== "display") {
      return isNumber(column) ? value : textOf(column, value);
    }
    const text = escaped(textOf(column, value));
    return column.kind === "name" ? `<a href="?${new URLSearchParams({ model: networkOf(value) })}">${text}</a>` : text;
  };

  // What is not measured stands last, whichever way the rest is sorted.
  const measured = (direction) => (one, other) => {
    const [lacks, otherLacks] = [one, other].map((value) => typeof value !== "number");
    return lacks || otherLacks ? lacks - otherLacks : direction * (one - other);
  };
  DataTable.type("measured", { order: { asc: measured(1), desc: measured(-1) }, className: "number" });

  // The form

  const form = make("form", { class: "models-form", role: "search", "aria-label": "Models" });
  const labelled = (title, control) => form.append(make("label", {}, make("span", {}, title), control));
  const query = make("input", { type: "search", placeholder: "resnet50, ViT-B-32 …", autocomplete: "off" });
  labelled("Words", query);
  const selects = choices.map((column) => {
    const select = make("select", {}, new Option("all", ""));
    const sorted = column.words.map((word, place) => [column.labels[place], word]).sort(([a], [b]) => a.localeCompare(b));
    sorted.forEach(([label, word]) => select.append(new Option(label, word)));
    labelled(column.title, select);
    return [column, select];
  });
  form.append(make("button", { type: "reset" }, "Show all"));

  const links = make("p", {}, "For example: ");
  views.forEach(([title, address], place) => {
    links.append(place ? " · " : "", make("a", { href: `#${address}` }, title));
  });

  const hint = make("p", {}, "A head sorts. A dash: the study has no value of this model.");
  const title = "All models of all studies";
  const table = make("table", { "aria-label": title });
  holder.before(form, links, hint, table);

  // The table

  const nameRow = (cell, _name, _data, row) => {
    cell.setAttribute("scope", "row");
    cell.title = fullName(row);
  };
  const rows = names.map((_, row) => columns.map(({ values }) => values[row]));
  const shown = new DataTable(table, {
    data: rows,
    columns: columns.map((column, place) => ({
      title: column.title,
      render: render(column),
      type: isNumber(column) ? "measured" : "string",
      orderSequence: isNumber(column) ? ["desc", "asc", ""] : ["asc", "desc", ""],
      searchable: !isNumber(column),
      ...(place === 0 ? { cellType: "th", createdCell: nameRow } : {}),
    })),
    autoWidth: false,
    deferRender: true,
    order: [],
    pageLength: 25,
    layout: { topStart: null, topEnd: null, bottomStart: "info", bottomEnd: { paging: { buttons: 5 } } },
    language: { info: "_START_ to _END_ of _TOTAL_ models", infoEmpty: "no model", infoFiltered: "(of _MAX_)", zeroRecords: "No model is like that.", emptyTable: "No model." },
  });
  const box = table.parentElement;
  box.classList.add("models-box");
  for (const [name, value] of Object.entries({ role: "region", "aria-label": title, tabindex: "0" })) {
    box.setAttribute(name, value);
  }

  // DataTables fixes a property of the events that it handles, which the script of the copy buttons, listening on
  // the whole page, would take for its own.
  box.closest(".dt-container").addEventListener("click", (event) => event.stopPropagation());

  const wanted = new Map();
  shown.search.fixed("choices", (_text, row) =>
    [...wanted].every(([place, words]) => columns[place].words[row[place]] === words));

  // The view of one model

  // What the table says of a network, whose rows may differ.
  const factsOf = (network) => {
    const rows = [...names.keys()].filter((row) => networkOf(names[row]) === network);
    const told = (column) => rows.filter((row) => column.values[row] !== null)
      .flatMap((row) => textOf(column, column.values[row]).split(", "));
    const facts = columns.slice(1).map((column) => [column.title, [...new Set(told(column))].join(", ")]);
    return facts.filter(([, text]) => text).map(([title, text]) => `${title}: ${text}`).join(" · ");
  };

  let view;
  const showView = async () => {
    const network = chosen.inAddress();
    const next = network && (await showModel(network, factsOf(network)));
    view?.remove();
    view = next;
    if (view) {
      form.before(view);
    }
  };
  chosen.follow(showView);
  showView();

  // What the table shows stays in the address while views change.
  table.addEventListener("click", ({ target }) => {
    const link = target.closest("a");
    if (link) {
      link.hash = location.hash;
    }
  });

  // The address

  let following = false;

  const follow = () => {
    following = true;
    const address = new URLSearchParams(location.hash.slice(1));
    query.value = address.get("q") ?? "";
    selects.forEach(([column, select]) => {
      select.value = address.get(nameOf(column)) ?? "";
      select.value = select.value || "";
    });
    const place = columns.findIndex((column) => nameOf(column) === address.get("sort"));
    shown.order(place < 0 ? [] : [[place, address.get("order") === "desc" ? "desc" : "asc"]]);
    filter();
    following = false;
  };

  const filter = () => {
    wanted.clear();
    selects.forEach(([column, select]) => {
      if (select.value) {
        wanted.set(columns.indexOf(column), select.value);
      }
    });
    shown.search(query.value).draw();
  };

  const say = () => {
    if (following) {
      return;
    }
    const address = new URLSearchParams();
    const add = (name, value) => value && address.set(name, value);
    add("q", query.value.trim());
    selects.forEach(([column, select]) => add(nameOf(column), select.value));
    const [first] = shown.order();
    if (first?.[1]) {
      add("sort", nameOf(columns[first[0]]));
      add("order", first[1]);
    }
    const hash = String(address);
    if (hash !== location.hash.slice(1)) {
      history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    }
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(() => {
    shown.order([]);
    filter();
  }));
  shown.on("draw", say);
  addEventListener("hashchange", follow);
  follow();
}
