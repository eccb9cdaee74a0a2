// Under every figure a row of buttons: its drawing as SVG and PNG, its numbers as CSV, its address, the whole screen,
// and a chart to explore. All read the columns that `show/publish.py` left in the page. Under every table, its CSV.

{
  const ours = document.currentScript;
  const INK = "#000000"; // What is saved is for white paper.
  const FONT = "DejaVu Sans, Verdana, Arial, sans-serif";
  const DEFAULTS = {
    study: "", panel: "", side: "", heading: "", row: "", look: "ink", label: "", name: "", mark: "mean", note: "",
    decided: 1, is_range: 0, x: null, value: null, low: null, high: null, band_low: null, band_high: null, weight: null,
  };
  const ENDS = { inf: Infinity, "-inf": -Infinity };
  const CSV = ["study", "panel", "side", "row", "x", "look", "name", "value", "low", "high", "decided", "axis"];
  const CSV_IF_SAID = ["heading", "mark", "is_range", "band_low", "band_high", "weight", "note"];

  // Markers of the printed figures: Plotly's name, and the path that draws it in a legend.
  const MARKERS = {
    o: ["circle", "M5 0A5 5 0 1 1-5 0A5 5 0 1 1 5 0Z"],
    s: ["square", "M-4.5-4.5h9v9h-9Z"],
    D: ["diamond", "M0-6L6 0 0 6-6 0Z"],
    d: ["diamond-tall", "M0-6L3.5 0 0 6-3.5 0Z"],
    "^": ["triangle-up", "M0-5.5L5.5 4.5h-11Z"],
    v: ["triangle-down", "M0 5.5L5.5-4.5h-11Z"],
    P: ["cross", "M-2-5.5h4v3.5h3.5v4h-3.5v3.5h-4v-3.5h-3.5v-4h3.5Z"],
    X: ["x", "M-5-2.5l2.5-2.5L0-2.5 2.5-5 5-2.5 2.5 0 5 2.5 2.5 5 0 2.5-2.5 5-5 2.5-2.5 0Z"],
    x: ["x-thin", "M-4.5-4.5l9 9M-4.5 4.5l9-9"],
    "+": ["cross-thin", "M-5.5 0h11M0-5.5v11"],
    "*": ["star", "M0-6L1.4-1.9 5.7-1.9 2.2.7 3.5 4.9 0 2.3-3.5 4.9-2.2.7-5.7-1.9-1.4-1.9Z"],
    h: ["hexagon", "M0-6l5.2 3v6L0 6l-5.2-3v-6Z"],
    p: ["pentagon", "M0-6L5.7-1.9 3.5 4.9-3.5 4.9-5.7-1.9Z"],
    8: ["octagon", "M-2.3-5.5h4.6l3.2 3.2v4.6l-3.2 3.2h-4.6l-3.2-3.2v-4.6Z"],
    "": ["circle", "M-6 0h12"], // A line alone.
  };

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

  const theme = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const variable = (colour) => `--look-${colour.slice(1).toLowerCase()}`;

  // Columns as a list of marks; words stand in them as places in a list of words.
  const marksOf = ({ rows, columns, looks }) => Array.from({ length: rows }, (_, index) => {
    const mark = { ...DEFAULTS };
    for (const [name, column] of Object.entries(columns)) {
      mark[name] = column.words ? column.words[column.at[index]] : ENDS[column[index]] ?? column[index];
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
    const written = (mark) => ({
      ...mark, look: mark.called, decided: Boolean(mark.decided), is_range: Boolean(mark.is_range), axis: axisOf(data, mark),
    });
    const lines = marksOf(table).map(written).map((mark) => names.map((name) => mark[name]));
    return csv([names.map((name) => (name === "x" ? data.x : name)), ...lines]);
  };

  // "−1,200.5" is a number to a reader; a program reads -1200.5.
  const plain = (text) => (/^[+−-]?\d[\d,]*(\.\d+)?$/.test(text) ? text.replace("−", "-").replaceAll(",", "") : text);

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

  // --- The library of charts: a megabyte, fetched when the first chart of a page is opened

  let library;
  const loadLibrary = () => (library ??= new Promise((resolve, reject) => {
    const address = ours.dataset.library;
    const code = element("script");
    if (address.startsWith("data:")) {
      // A page of one file names its code by hashes, which Firefox compares only for code that stands in the page.
      const bytes = Uint8Array.from(atob(address.split(",")[1]), (letter) => letter.charCodeAt(0));
      code.textContent = new TextDecoder().decode(bytes);
    } else {
      code.src = new URL(address, ours.src);
    }
    code.addEventListener("load", resolve);
    code.addEventListener("error", reject);
    document.head.append(code);
    if (!code.src) {
      resolve();
    }
  }));

  // --- The chart

  const FACETS = { study: "Study", panel: "Panel", side: "Column" };
  const FONT_SIZE = 12;
  const MARK_SIZE = 9;
  const DENSE = 300; // More marks of a look than this are drawn small and half transparent.
  const SPREAD = 0.7; // Share of a row over which its looks are spread.
  const PERCENT = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99];
  const WHOLE = [-3, 103];
  const isNarrow = () => innerWidth < 500;
  const isTouched = () => matchMedia("(pointer: coarse)").matches;

  const isClip = ({ look }) => look.startsWith("group/clip_");
  const unique = (list) => [...new Set(list)];
  const same = (value) => value;

  // The inverse of the normal distribution, to nine digits: Acklam's ratio of polynomials, and another for the tails.
  const horner = (coefficients, x) => coefficients.reduce((sum, one) => sum * x + one, 0);
  const probit = (percent) => {
    const p = Math.min(Math.max(percent / 100, 1e-4), 1 - 1e-4);
    const q = p - 0.5;
    if (Math.abs(q) <= 0.47575) {
      const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
      const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
      return (q * horner(a, q * q)) / horner(b, q * q);
    }
    const tail = Math.sqrt(-2 * Math.log(q < 0 ? p : 1 - p));
    const c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
    const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
    return -Math.sign(q) * (horner(c, tail) / horner(d, tail));
  };

  // Plotly would read marks of HTML in names; what is wider than a phone is broken, between words where it has any.
  const broken = (text, longest = isNarrow() ? 18 : 34) => text
    .replace(new RegExp(`(.{1,${longest}})(?:\\s+|$)|(.{${longest}})`, "g"), "$1$2\n").trim()
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\n", "<br>");

  const written = (number, digits) => {
    const options = { minimumFractionDigits: digits === 1 ? 1 : 0, maximumFractionDigits: digits };
    return number.toLocaleString("en", options).replace("-", "−");
  };

  // "accuracy, %" and 76.14 as "accuracy: 76.1 %"
  const valued = (title, number, low = null, high = null, ends = "") => {
    const [, what, unit = ""] = title.match(/^(.*?)(?:, (%|points))?$/s);
    const digits = unit ? 1 : 3;
    const interval = low === null || high === null ? "" : ` (${ends}${written(low, digits)} to ${written(high, digits)})`;
    return `${what}: ${written(number, digits)}${unit && `\u00a0${unit}`}${interval}`;
  };

  // The range of an axis as in print: an interval of more than four times the usual width does not set it.
  const rangeOf = (marks, ends, to) => {
    const widths = marks.map(({ low, high }) => high - low).filter((width) => width > 0 && width < Infinity);
    const usual = 4 * (widths.sort((a, b) => a - b)[widths.length >> 1] ?? 0);
    const said = (mark, name) => !/^(low|high)$/.test(name) || mark.high - mark.low <= usual;
    const places = marks.flatMap((mark) => ends.filter((name) => mark[name] !== null && said(mark, name)).map((name) => to(mark[name])));
    const [first, last] = [Math.min(...places), Math.max(...places)];
    const room = 0.06 * (last - first || Math.abs(last) || 1);
    return [first - room, last + room];
  };

  class Chart {
    constructor(data, title, name) {
      this.data = data;
      this.file = `${name}-chart`;
      this.all = marksOf(data).filter(({ value }) => value !== null);
      this.isUpright = "x" in data; // Values stand upright; else they lie beside rows of words.
      this.isRows = !this.isUpright || data.rungs?.length > 0;
      this.names = unique(this.all.map((mark) => mark.name)).filter(Boolean);
      this.off = new Set();
      this.said = null; // The mark that was read last.
      this.sought = ""; // The model that is ringed.
      const value = data.scale === "probit" ? probit : same;
      this.to = { x: data.ratios ? Math.log10 : value, value };
      this.build(title, name);
    }

    build(title, name) {
      this.head = element("p", { class: "explore-head" }, element("strong", {}, `Explore ${title}`));
      this.facets = Object.keys(FACETS).filter((facet) => unique(this.all.map((mark) => mark[facet])).length > 1)
        .map((facet) => ({ facet, select: element("select") }));
      for (const one of this.facets) {
        one.label = element("label", {}, `${FACETS[one.facet]} `, one.select);
        one.select.addEventListener("change", () => {
          one.chosen = one.select.value;
          this.show();
        });
        this.head.append(one.label);
      }
      this.find = element("input", { list: `${name}-models`, autocomplete: "off" });
      this.find.addEventListener("change", () => seek(this, this.find.value));
      if (this.names.length > 1) {
        const list = element("datalist", { id: `${name}-models` }, ...this.names.map((model) => new Option(model)));
        this.head.append(element("label", {}, "Find a model ", this.find), list);
      }
      this.legend = element("div", { class: "explore-legend", role: "group", "aria-label": "Groups" });
      this.plot = element("div", { class: "explore-plot" });
      const walks = "Arrow keys go from mark to mark: left and right along the horizontal axis, "
        + "up and down along the vertical one; Home and End to the first and the last.";
      const reads = { class: "explore-marks", tabindex: "0", role: "application", "aria-label": `${title}. ${walks}` };
      this.marksBox = element("div", reads, this.plot);
      this.says = element("p", { class: "explore-says", role: "status" }, "The chart is loading.");
      const parts = [this.head, this.legend, this.marksBox, this.says];
      this.section = element("section", { class: "explore", "aria-label": `Explore ${title}` }, ...parts);
      this.marksBox.addEventListener("keydown", (event) => this.walk(event));
    }

    // What is left of the marks after each choice; at first the first that has CLIPs is chosen.
    choose() {
      return this.facets.reduce((left, one) => {
        const of = (value) => left.filter((mark) => mark[one.facet] === value);
        const values = unique(left.map((mark) => mark[one.facet]));
        if (!values.includes(one.chosen)) {
          one.chosen = values.find((value) => of(value).some(isClip)) ?? values[0];
        }
        one.select.replaceChildren(...values.map((value) => new Option(value || "all", value)));
        one.select.value = one.chosen;
        one.label.hidden = values.length < 2;
        return of(one.chosen);
      }, this.all);
    }

    // After another choice: other marks, another legend.
    async show() {
      this.marks = this.choose();
      this.groups = Map.groupBy(this.marks, (mark) => mark.group);
      this.place();
      this.forget();
      this.drawLegend();
      await this.draw();
      this.saySought();
    }

    // Looks that share a row stand beside each other, and marks of one look in one row on lanes, so that all are seen.
    place() {
      const rowOf = ({ heading, row }) => [heading, row].filter(Boolean).join("\n");
      this.rows = this.data.rungs?.length ? this.data.rungs : unique(this.marks.map(rowOf));
      const looksIn = [...Map.groupBy(this.marks, rowOf)].map(([row, marks]) => (
        [this.rows.indexOf(row), [...Map.groupBy(marks, (mark) => mark.group).values()]]
      ));
      this.lines = Math.max(...looksIn.map(([, looks]) => looks.length));
      for (const [row, looks] of this.isRows ? looksIn : []) {
        looks.forEach((marks, line) => {
          const lanes = Math.min(5, marks.length);
          marks.toSorted((a, b) => a.value - b.value).forEach((mark, rank) => {
            const lane = lanes > 1 ? (rank % lanes) / (lanes - 1) - 0.5 : 0;
            mark.across = row + SPREAD * ((line + 0.5 + 0.6 * lane) / this.lines - 0.5);
          });
        });
      }
      for (const mark of this.marks) {
        const along = this.to.value(mark.value);
        const across = this.isRows ? mark.across : this.to.x(mark.x);
        mark.at = this.isUpright ? { x: across, y: along } : { x: along, y: across };
      }
      const ends = ["value", "low", "high", "band_low", "band_high"];
      this.along = this.data.diagonal ? WHOLE : rangeOf(this.marks, ends, this.to.value);
    }

    visible() {
      return this.marks.filter((mark) => !this.off.has(mark.group));
    }

    async draw() {
      const ranked = [...this.groups.values()].filter(([mark]) => !this.off.has(mark.group))
        .sort(([a], [b]) => this.lookOf(a).rank - this.lookOf(b).rank);
      const behind = [...this.bars(), ...this.fits(), ...(this.data.joined ? ranked.map((marks) => this.curve(marks)) : [])];
      const traces = [...behind, ...ranked.map((marks) => this.trace(marks)), this.ring()];
      const options = {
        responsive: true, displaylogo: false, displayModeBar: true, doubleClick: "reset", typesetMath: false,
        modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
        toImageButtonOptions: { format: "svg", filename: this.file },
      };
      await Plotly.react(this.plot, traces, this.layout(), options);
      this.plot.querySelectorAll(".main-svg").forEach((svg) => svg.setAttribute("aria-hidden", "true"));
      if (!this.isListening) {
        // A finger clicks without hovering.
        for (const event of ["plotly_hover", "plotly_click"]) {
          this.plot.on(event, ({ points: [{ customdata }] }) => this.say(customdata));
        }
        this.isListening = true;
      }
    }

    lookOf({ look }) {
      return this.data.looks[look];
    }

    colourOf(mark) {
      const { colour } = this.lookOf(mark);
      return colour ? theme(variable(colour)) || colour : theme("--pst-color-text-base");
    }

    // What is drawn along the axis of values, and across it.
    points(along, across) {
      return this.isUpright ? { x: across, y: along } : { x: along, y: across };
    }

    silent(points, style) {
      const line = { color: theme("--pst-color-text-base"), width: 1, ...style.line };
      return { mode: "lines", hoverinfo: "skip", ...points, ...style, line };
    }

    // Grey bars behind marks: a floor, or where a new family falls.
    bars() {
      const marks = this.visible().filter((mark) => mark.band_low !== null);
      const along = marks.flatMap((mark) => [mark.band_low, mark.band_high].map(this.to.value).concat(null));
      const across = marks.flatMap(({ at }) => Array(3).fill(this.isUpright ? at.x : at.y));
      return marks.length ? [this.silent(this.points(along, across), { line: { width: 8 }, opacity: 0.16 })] : [];
    }

    // The line that marks are held against, with its band.
    fits() {
      const { lines, diagonal } = this.data;
      const [{ study, panel }] = this.marks;
      const here = lines ? lines.x.map((_, index) => index).filter((i) => lines.study[i] === study && lines.panel[i] === panel) : [];
      const [x, y, low, high] = ["x", "value", "low", "high"].map((name) => here.map((i) => this.to[name === "x" ? "x" : "value"](lines[name][i])));
      const around = { x: [...x, ...x.toReversed()], y: [...high, ...low.toReversed()] };
      const band = { fill: "toself", fillcolor: theme("--pst-color-text-base"), opacity: 0.14, line: { width: 0 } };
      return [
        ...(here.length ? [this.silent(around, band), this.silent({ x, y }, {})] : []),
        ...(diagonal ? [this.silent({ x: [0, 100], y: [0, 100] }, {})] : []),
      ];
    }

    curve(marks) {
      const means = marks.filter((mark) => mark.mark !== "single").toSorted((a, b) => a.at.x - b.at.x);
      const dash = { "-": "solid", "--": "dash", ":": "dot" }[this.lookOf(marks[0]).line];
      const points = { x: means.map(({ at }) => at.x), y: means.map(({ at }) => at.y) };
      return this.silent(points, { line: { color: this.colourOf(marks[0]), dash } });
    }

    trace(marks) {
      const color = this.colourOf(marks[0]);
      const { marker } = this.lookOf(marks[0]);
      const [symbol] = MARKERS[marker];
      const isSmall = (mark) => marks.length > DENSE || mark.mark === "single";
      const sizeOf = (mark) => (mark.weight === null ? MARK_SIZE - 4 * isSmall(mark) : 4 + 14 * Math.sqrt(mark.weight));
      return {
        customdata: marks,
        x: marks.map(({ at }) => at.x),
        y: marks.map(({ at }) => at.y),
        text: marks.map((mark) => this.words(mark).map((text) => broken(text)).join("<br>")),
        mode: "markers",
        hoverinfo: "text",
        hoverlabel: { bordercolor: color },
        marker: {
          color,
          symbol: marks.map((mark) => (mark.decided && !symbol.endsWith("thin") ? symbol : `${symbol}-open`)),
          size: marks.map(sizeOf),
          opacity: marks.map((mark) => (mark.mark === "none" || !marker ? 0 : 0.9 - 0.4 * isSmall(mark))),
          line: { color, width: 1.2 },
        },
        [this.isUpright ? "error_y" : "error_x"]: this.intervals(marks, color),
      };
    }

    // An end that is not bounded goes far beyond the edge.
    intervals(marks, color) {
      const far = 100 * (this.along[1] - this.along[0]);
      const reach = (end, sign) => marks.map((mark) => (
        mark[end] === null ? 0 : Math.min(sign * (this.to.value(mark[end]) - this.to.value(mark.value)), far)
      ));
      return { type: "data", symmetric: false, array: reach("high", 1), arrayminus: reach("low", -1), color, thickness: 1, width: 0 };
    }

    ring() {
      const found = this.visible().filter(({ name }) => name && name === this.sought);
      const points = { x: found.map(({ at }) => at.x), y: found.map(({ at }) => at.y) };
      const line = { color: theme("--pst-color-text-base"), width: 2 };
      return { ...points, mode: "markers", hoverinfo: "skip", marker: { symbol: "circle-open", size: 20, color: line.color, line } };
    }

    layout() {
      const [ink, ground] = [theme("--pst-color-text-base"), theme("--pst-color-background")];
      const { reference, x } = this.data;
      const [mark] = this.marks;
      const axis = (text, more) => ({
        title: { text: broken(text, 40), standoff: 8, font: { size: FONT_SIZE } },
        gridcolor: theme("--pst-color-border"), zeroline: false, automargin: true, ...more,
      });
      const along = axis(axisOf(this.data, mark), this.ticks(this.along, this.to.value));
      const across = axis(x ?? "", this.isRows ? this.rowNames() : this.ticks(this.rangeAcross(), this.to.x));
      const at = reference?.[mark.side] ?? reference;
      const [end, edge] = this.isUpright ? ["y", "x"] : ["x", "y"];
      const line = { type: "line", [`${edge}ref`]: "paper", [`${edge}0`]: 0, [`${edge}1`]: 1, [`${end}0`]: at, [`${end}1`]: at };
      return {
        autosize: true,
        height: this.isUpright ? 420 : Math.max(300, 120 + this.rows.length * (16 + 8 * this.lines)),
        margin: { l: 48, r: 12, t: 40, b: 44 },
        font: { size: FONT_SIZE, color: ink, family: getComputedStyle(document.body).fontFamily },
        paper_bgcolor: ground,
        plot_bgcolor: ground,
        xaxis: this.isUpright ? across : along,
        yaxis: this.isUpright ? along : across,
        shapes: Number.isFinite(at) ? [{ ...line, layer: "below", line: { color: ink, width: 1 } }] : [],
        showlegend: false,
        hovermode: "closest",
        hoverlabel: { bgcolor: theme("--pst-color-surface"), font: { color: ink, size: FONT_SIZE }, align: "left" },
        modebar: { bgcolor: ground, color: theme("--pst-color-text-muted"), activecolor: ink },
        dragmode: isTouched() ? false : "zoom",
        uirevision: this.facets.map(({ chosen }) => chosen).join("\n"), // What is zoomed stays so in another colour.
      };
    }

    rowNames() {
      const last = this.rows.length - 0.5;
      const range = this.isUpright ? [-0.5, last] : [last, -0.5];
      return { range, tickvals: [...this.rows.keys()], ticktext: this.rows.map((row) => broken(row, isNarrow() ? 16 : 26)) };
    }

    rangeAcross() {
      return this.data.diagonal ? WHOLE : rangeOf(this.marks, ["x"], this.to.x);
    }

    // Where equal steps are no equal differences, the ticks of print: percentages, or the levels that were tried.
    ticks(range, to) {
      if (to === same) {
        return { range };
      }
      const values = to === probit ? PERCENT : unique(this.marks.map((mark) => mark.x)).sort((a, b) => a - b);
      const shown = values.filter((value) => to(value) >= range[0] && to(value) <= range[1]);
      const kept = shown.filter((_, index) => index % Math.ceil(shown.length / 7) === 0);
      return { range, tickvals: kept.map(to), ticktext: kept.map((value) => value.toLocaleString("en")) };
    }

    drawLegend() {
      const buttons = [...this.groups].filter(([, [{ called }]]) => called).map(([group, [mark]]) => {
        const { colour, marker } = this.lookOf(mark);
        const style = `color: ${colour ? `var(${variable(colour)}, ${colour})` : "inherit"}`;
        const path = element("path", { d: MARKERS[marker][1] });
        const glyph = element("svg", { viewBox: "-7 -7 14 14", "aria-hidden": "true", style }, path);
        const pressed = String(!this.off.has(group));
        const button = element("button", { type: "button", "aria-pressed": pressed }, glyph, ` ${mark.called}`);
        button.addEventListener("click", () => this.toggle(group, button));
        return button;
      });
      const hollow = this.marks.some(({ decided }) => !decided) ? ["Hollow: undecided"] : [];
      this.legend.replaceChildren(...buttons, ...hollow);
    }

    toggle(group, button) {
      const isOn = this.off.delete(group);
      if (!isOn) {
        this.off.add(group);
      }
      button.setAttribute("aria-pressed", String(isOn));
      this.forget();
      this.draw();
    }

    forget() {
      this.said = null;
      this.says.textContent = isTouched()
        ? "Touch a mark to read what it is."
        : "Point at a mark, or press Tab and then the arrow keys, to read what it is.";
    }

    // What a mark says: its model, what it is about, its look, its values.
    words(mark) {
      const { x, rungs } = this.data;
      const ends = mark.is_range ? "lowest to highest " : "";
      return [
        mark.name,
        mark.row,
        mark.called,
        this.isUpright && !rungs?.length ? valued(x, mark.x) : "",
        valued(axisOf(this.data, mark), mark.value, mark.low, mark.high, ends),
        mark.decided ? "" : "undecided",
        mark.note,
      ].filter(Boolean);
    }

    say(mark, more = "") {
      this.said = mark;
      this.says.textContent = this.words(mark).join(" · ") + more;
    }

    walk(event) {
      if (event.key === "Escape") {
        Plotly.Fx.unhover(this.plot);
      }
      const steps = { ArrowRight: ["x", 1], ArrowLeft: ["x", -1], ArrowUp: ["y", 1], ArrowDown: ["y", -1], Home: ["x", 0], End: ["x", 0] };
      if (!(event.key in steps) || event.target !== this.marksBox) {
        return; // The buttons of the chart have keys of their own.
      }
      event.preventDefault();
      const [axis, step] = steps[event.key];
      const order = this.visible().sort((a, b) => a.at[axis] - b.at[axis]);
      const here = order.indexOf(this.said);
      const isFirst = event.key === "Home" || (here < 0 && step > 0);
      const isLast = event.key === "End" || (here < 0 && step < 0);
      const next = order.at(isFirst ? 0 : isLast ? -1 : Math.min(Math.max(here + step, 0), order.length - 1));
      if (next) {
        const curveNumber = this.plot.data.findIndex(({ customdata }) => customdata?.includes(next));
        Plotly.Fx.hover(this.plot, [{ curveNumber, pointNumber: this.plot.data[curveNumber].customdata.indexOf(next) }]);
        this.say(next);
      }
    }

    // Rings a model, in another view if it is not in this one.
    async seek(name) {
      this.sought = name;
      this.find.value = name;
      const here = this.marks.find((mark) => mark.name === name);
      const found = here ?? this.all.find((mark) => mark.name === name);
      this.off.delete(found?.group);
      if (found && !here) {
        this.facets.forEach((one) => (one.chosen = found[one.facet]));
      }
      await this.show();
    }

    saySought() {
      const [first, ...others] = this.visible().filter(({ name }) => name && name === this.sought);
      if (first) {
        this.say(first, others.length ? ` · and ${others.length} more` : "");
      }
    }
  }

  // A model that is sought in one chart is ringed in all of the page, in those opened later, and in a copied address.
  const opened = [];
  const seek = (chart, name) => {
    if (name && !chart.names.includes(name)) {
      chart.says.textContent = `This chart has no model “${name}”.`;
      return;
    }
    const address = new URL(location.href);
    if (name) {
      address.searchParams.set("model", name);
    } else {
      address.searchParams.delete("model");
    }
    history.replaceState(null, "", address);
    opened.filter(({ names }) => !name || names.includes(name)).forEach((one) => one.seek(name));
  };

  const open = async (chart) => {
    try {
      await loadLibrary();
    } catch {
      chart.says.textContent = "The chart could not be loaded.";
      return;
    }
    opened.push(chart);
    const name = new URL(location.href).searchParams.get("model");
    chart.sought = chart.names.includes(name) ? name : "";
    chart.find.value = chart.sought;
    await chart.show();
  };

  new MutationObserver(() => opened.forEach((chart) => chart.draw()))
    .observe(document.documentElement, { attributeFilter: ["data-theme"] });

  // --- The rows of buttons

  const page = location.pathname.split("/").at(-1).replace(/\.html$/, "") || "index";

  const button = (text, says, act) => {
    const made = element("button", { type: "button", title: says }, text);
    made.addEventListener("click", () => act(made));
    return made;
  };

  const rowOf = (title, ...children) => (
    element("div", { class: "figure-tools", role: "group", "aria-label": `Take along: ${title}` }, ...children)
  );

  const exploreButton = (chart, row) => {
    const explore = button("Explore", "Show the values in a chart that names each mark", () => {
      const isOpen = explore.getAttribute("aria-expanded") === "false";
      explore.setAttribute("aria-expanded", String(isOpen));
      chart.section.hidden = !isOpen;
      if (isOpen && !chart.section.isConnected) {
        row.after(chart.section);
        open(chart);
      }
    });
    explore.setAttribute("aria-expanded", "false");
    return explore;
  };

  const names = new Set();
  const nameOf = (figure, kind) => {
    const first = figure.closest("figure[id]")?.id ?? `${page}-${kind}`;
    const others = Array.from({ length: names.size + 1 }, (_, index) => (index ? `${first}-${index + 1}` : first));
    const name = others.find((one) => !names.has(one));
    names.add(name);
    return name;
  };

  document.querySelectorAll("script.figure-data").forEach((holder) => {
    const figure = holder.closest("figure") ?? holder.parentElement;
    const drawing = [...holder.parentElement.querySelectorAll(":scope > .themed-figure svg")]
      .findLast((svg) => svg.compareDocumentPosition(holder) & Node.DOCUMENT_POSITION_FOLLOWING);
    const data = JSON.parse(holder.textContent);
    const name = nameOf(figure, "figure");
    const title = numberOf(figure) || "this figure";
    const says = element("span", { class: "figure-says", role: "status" });
    const row = rowOf(
      title,
      button("SVG", "Save the drawing as SVG", () => save(svgOf(drawing), "image/svg+xml", `${name}.svg`)),
      button("PNG", "Save the drawing as PNG", async () => save(await pngOf(drawing), "image/png", `${name}.png`)),
      button("CSV", "Save the numbers as CSV", () => save(csvOfFigure(data), "text/csv", `${name}.csv`)),
      button("Cite", "Copy the address of the figure", () => cite(figure, says)),
    );
    if (document.fullscreenEnabled) {
      row.append(button("Full screen", "Show the drawing on the whole screen", () => figure.requestFullscreen()));
    }
    row.append(exploreButton(new Chart(data, title, name), row), says);
    holder.after(row);
  });

  document.querySelectorAll("figure.themed-table").forEach((figure) => {
    const name = nameOf(figure, "table");
    const csvButton = button("CSV", "Save the table as CSV", () => (
      save(csvOfTable(figure.querySelector("table")), "text/csv", `${name}.csv`)
    ));
    figure.append(rowOf(numberOf(figure) || "this table", csvButton));
  });
}
