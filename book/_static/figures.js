// Under every figure a row of buttons: its drawing as SVG and PNG, its numbers as CSV, its address, the whole screen;
// chart.js adds one to explore. All read the columns that show/publish.py left in the page. Under a table, its CSV.

{
  const INK = "#000000"; // What is saved is for white paper.
  const FONT = "DejaVu Sans, Verdana, Arial, sans-serif";
  const DEFAULTS = {
    study: "", panel: "", side: "", heading: "", row: "", look: "ink", label: "", name: "", mark: "mean", note: "",
    decided: 1, is_range: 0, x: null, value: null, low: null, high: null, band_low: null, band_high: null, weight: null,
  };
  const ENDS = { inf: Infinity, "-inf": -Infinity };
  const CSV = ["study", "panel", "side", "row", "x", "look", "name", "value", "low", "high", "decided", "axis"];
  const CSV_IF_SAID = ["heading", "mark", "is_range", "band_low", "band_high", "weight", "note"];

  const element = (name, attributes = {}, ...children) => {
    const made = name === "svg" || name === "path"
      ? document.createElementNS("http://www.w3.org/2000/svg", name)
      : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };

  // Columns as a list of marks; words stand in them as places in a list of words.
  const marksOf = ({ rows, columns, looks }) => Array.from({ length: rows }, (_, index) => {
    const mark = { ...DEFAULTS };
    for (const [name, column] of Object.entries(columns)) {
      mark[name] = column.words ? column.words[column.at[index] ?? 0] : ENDS[column[index]] ?? column[index];
    }
    return { ...mark, group: `${mark.look} ${mark.label}`, called: mark.label || looks[mark.look].label };
  });

  const axisOf = ({ value }, mark) => (typeof value === "string" ? value : value[mark.side] ?? value[mark.panel]);

  // --- What is taken along

  // A spreadsheet takes what begins with such a letter for a formula.
  const csvCell = (value) => {
    const text = String(value ?? "");
    const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  const csv = (lines) => lines.map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");

  const csvOfFigure = (data) => {
    const table = data.drawn ?? data;
    const names = [
      ...CSV.filter((name) => name !== "x" || "x" in data),
      ...CSV_IF_SAID.filter((name) => name in table.columns),
    ];
    const lines = marksOf(table).map((mark) => {
      const [decided, isRange] = [Boolean(mark.decided), Boolean(mark.is_range)];
      const said = { ...mark, look: mark.called, decided, is_range: isRange, axis: axisOf(data, mark) };
      return names.map((name) => said[name]);
    });
    return csv([names.map((name) => (name === "x" ? data.x : name)), ...lines]);
  };

  // "−1,200.5" is a number to a reader; a program reads -1200.5.
  const NUMBER = /^[+−-]?\d[\d,]*(\.\d+)?$/;
  const plain = (text) => (NUMBER.test(text) ? text.replace("−", "-").replaceAll(",", "") : text);

  const csvOfTable = (table) => {
    const cells = (row) => [...row.cells].map((cell) => plain(cell.textContent.replace(/\s+/g, " ").trim()));
    return csv([...table.rows].map(cells));
  };

  // A drawing that needs no page: no variables, no colour of a text around it, a font and a size of its own.
  const svgOf = (drawing) => {
    const copy = drawing.cloneNode(true);
    const [, , width, height] = drawing.getAttribute("viewBox").split(" ");
    const own = { width: `${width}pt`, height: `${height}pt`, "font-family": FONT };
    Object.entries(own).forEach(([name, value]) => copy.setAttribute(name, value));
    const text = new XMLSerializer().serializeToString(copy);
    return text.replace(/var\(--look-\w+, ?(#\w+)\)/g, "$1").replaceAll("currentColor", INK);
  };

  const pngOf = async (drawing) => {
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(svgOf(drawing))}`;
    await image.decode();
    const canvas = element("canvas", { width: 2 * image.naturalWidth, height: 2 * image.naturalHeight });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "white";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  };

  const save = (content, type, name) => {
    const link = element("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  const numberOf = (figure) => figure.querySelector(".caption-number")?.textContent.trim() ?? "";

  const cite = async (figure, says) => {
    const address = `${location.href.replace(/[?#].*/, "")}${figure.id && `#${figure.id}`}`;
    const citation = [numberOf(figure), `“${document.title}”`, address].filter(Boolean).join(", ");
    // Without a secure address a browser lends no clipboard; the words can still be marked.
    const copied = await navigator.clipboard?.writeText(citation).then(() => true, () => false);
    says.textContent = `${copied ? "Copied" : "To copy"}: ${citation}`;
  };

  // --- The rows of buttons

  const page = location.pathname.split("/").at(-1).replace(/\.html$/, "") || "index";

  // Names of files are those of figures; where a figure has none, or several drawings, they are counted.
  const names = new Set();
  const nameOf = (figure, kind) => {
    const first = figure.closest("figure[id]")?.id ?? `${page}-${kind}`;
    let name = first;
    for (let number = 2; names.has(name); number += 1) {
      name = `${first}-${number}`;
    }
    names.add(name);
    return name;
  };

  const button = (text, does, act) => {
    const made = element("button", { type: "button", title: does }, text);
    made.addEventListener("click", act);
    return made;
  };

  const rowOf = (title, ...children) => (
    element("div", { class: "figure-tools", role: "group", "aria-label": `Take along: ${title}` }, ...children)
  );

  const drawingBefore = (holder) => (
    [...holder.parentElement.querySelectorAll(":scope > .themed-figure svg")]
      .findLast((svg) => svg.compareDocumentPosition(holder) & Node.DOCUMENT_POSITION_FOLLOWING)
  );

  const underFigure = (holder) => {
    const figure = holder.closest("figure") ?? holder.parentElement;
    const drawing = drawingBefore(holder);
    const read = () => JSON.parse(holder.textContent);
    const name = nameOf(figure, "figure");
    const title = numberOf(figure) || "this figure";
    const says = element("span", { class: "figure-says", role: "status" });
    const row = rowOf(
      title,
      button("SVG", "Save the drawing as SVG", () => save(svgOf(drawing), "image/svg+xml", `${name}.svg`)),
      button("PNG", "Save the drawing as PNG", async () => save(await pngOf(drawing), "image/png", `${name}.png`)),
      button("CSV", "Save the numbers as CSV", () => save(csvOfFigure(read()), "text/csv", `${name}.csv`)),
      button("Cite", "Copy the address of the figure", () => cite(figure, says)),
    );
    if (document.fullscreenEnabled) {
      row.append(button("Full screen", "Show the drawing on the whole screen", () => figure.requestFullscreen()));
    }
    row.append(says);
    holder.after(row);
    return { read, title, name, row };
  };

  const underTable = (figure) => {
    const name = nameOf(figure, "table");
    const saveTable = () => save(csvOfTable(figure.querySelector("table")), "text/csv", `${name}.csv`);
    figure.append(rowOf(numberOf(figure) || "this table", button("CSV", "Save the table as CSV", saveTable)));
  };

  document.querySelectorAll("figure.themed-table").forEach(underTable);
  const figures = [...document.querySelectorAll("script.figure-data")].map(underFigure);

  window.takenAlong = { figures, element, button, marksOf, axisOf }; // For chart.js, which comes after.
}
