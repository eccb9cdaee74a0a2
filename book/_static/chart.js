// A figure's values in a chart of Plotly, one mark a model that says its name: opened by a button under the figure.
// A pointer or the arrow keys go from mark to mark; the legend switches groups on and off; a model can be sought.

{
  const { figures, element, button, marksOf, axisOf } = window.takenAlong;
  const { chosen } = window;
  const { networkOf } = chosen;
  const ours = document.currentScript;
  const FACETS = { study: "Study", panel: "Panel", side: "Column" };
  const FONT_SIZE = 12;
  const MARK_SIZE = 9;
  const DENSE = 300; // More marks of a look than this are drawn small and half transparent.
  const SPREAD = 0.7; // Share of a row over which its looks are spread.
  const CORRELATIONS = [0, 0.5, 0.9, 0.99, 0.999];
  const EFFECTS = [-100, -10, -1, 0, 1, 10, 100];
  const PERCENT = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99];
  const WHOLE = [-3, 103];
  const DASHES = { "-": "solid", "--": "dash", ":": "dot" };
  const BUTTONS = [["toImage"], ["zoom2d", "pan2d"], ["zoomIn2d", "zoomOut2d", "resetScale2d"]];
  const KEYS = {
    ArrowRight: ["x", 1], ArrowLeft: ["x", -1], ArrowUp: ["y", 1], ArrowDown: ["y", -1],
    Home: ["x", -Infinity], End: ["x", Infinity],
  };

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

  const same = (value) => value;
  const word = ({ words, at }, place) => words[at[place]];
  const unique = (list) => [...new Set(list)];
  const sortedBy = (list, key) => list.toSorted((a, b) => key(a) - key(b));
  const isClip = ({ look }) => look.startsWith("group/clip_");
  const isNarrow = () => innerWidth < 500;
  const isTouched = () => matchMedia("(pointer: coarse)").matches;
  const theme = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const ink = () => theme("--pst-color-text-base");
  const variable = (colour) => `--look-${colour.slice(1).toLowerCase()}`;

  // --- Numbers and words

  // The inverse of the normal distribution, by Acklam's ratio of polynomials, with another for the tails.
  const A = [-39.6968302867, 220.946098425, -275.928510447, 138.357751867, -30.6647980661, 2.50662827746];
  const B = [-54.4760987982, 161.585836858, -155.69897986, 66.8013118877, -13.2806815529, 1];
  const C = [-0.007784894, -0.32239645804, -2.40075827716, -2.54973253934, 4.37466414146, 2.93816398270];
  const D = [0.00778469571, 0.32246712907, 2.44513413714, 3.75440866191, 1];
  const polynomial = (coefficients, x) => coefficients.reduce((sum, one) => sum * x + one, 0);
  const probit = (percent) => {
    const share = Math.min(Math.max(percent / 100, 1e-4), 1 - 1e-4);
    const middle = share - 0.5;
    if (Math.abs(middle) <= 0.47575) {
      return (middle * polynomial(A, middle ** 2)) / polynomial(B, middle ** 2);
    }
    const tail = Math.sqrt(-2 * Math.log(0.5 - Math.abs(middle)));
    return -Math.sign(middle) * (polynomial(C, tail) / polynomial(D, tail));
  };

  // Fisher's scale, on which correlations near 1 can be told apart, as far as the printed figure goes.
  const fisher = (correlation) => Math.atanh(Math.min(Math.max(correlation, -0.3), 0.9998));

  // Linear up to 1 and logarithmic beyond, as Matplotlib has it where the linear part is 0.6 of a decade long.
  const symlog = (value) => {
    const size = Math.abs(value);
    return size <= 1 ? value / 1.5 : Math.sign(value) * (1 / 1.5 + Math.log10(size));
  };

  // Broken between words where there are any; Plotly would take marks of HTML in a name for such.
  const broken = (text, longest = isNarrow() ? 30 : 40) => text
    .replace(new RegExp(`(.{1,${longest}})(?:\\s+|$)|(.{${longest}})`, "g"), "$1$2\n").trim()
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\n", "<br>");

  const longestName = () => (isNarrow() ? 16 : 26);
  const cut = (text) => (text.length > longestName() ? `${text.slice(0, longestName() - 1)}…` : text);

  const written = (number, digits) => {
    const options = { minimumFractionDigits: digits === 1 ? 1 : 0, maximumFractionDigits: digits };
    return number.toLocaleString("en", options).replace("-", "−");
  };

  // "accuracy, %" and 76.14 as "accuracy: 76.1 %"
  const valued = (title, number, [low, high, kind] = [null, null]) => {
    const [, what, unit = ""] = title.match(/^(.*?)(?:, (%|points))?$/s);
    const digits = unit ? 1 : 3;
    const value = `${what}: ${written(number, digits)}${unit && `\u00a0${unit}`}`;
    const hasInterval = low !== null && high !== null;
    return hasInterval ? `${value} (${kind}${written(low, digits)} to ${written(high, digits)})` : value;
  };

  // As in print, an interval of more than four times the usual width does not set the axis.
  const rangeOf = (marks, ends, to) => {
    const widths = marks.map(({ low, high }) => high - low).filter((width) => width > 0 && width < Infinity);
    const most = 4 * (sortedBy(widths, same)[widths.length >> 1] ?? 0);
    const sets = (mark, end) => mark[end] !== null && (!["low", "high"].includes(end) || mark.high - mark.low <= most);
    const places = marks.flatMap((mark) => ends.filter((end) => sets(mark, end)).map((end) => to(mark[end])));
    const [first, last] = [Math.min(...places), Math.max(...places)];
    const room = 0.06 * (last - first || Math.abs(last) || 1);
    return [first - room, last + room];
  };

  // --- The library: a megabyte, fetched when the first chart of a page is opened

  let library;
  const loadLibrary = () => (library ??= new Promise((resolve, reject) => {
    const address = ours.dataset.library;
    const code = element("script");
    code.addEventListener("load", resolve);
    code.addEventListener("error", reject);
    if (address.startsWith("data:")) {
      // A page of one file names its code by hashes, which not every browser compares for addresses of data.
      const bytes = Uint8Array.from(atob(address.split(",")[1]), (letter) => letter.charCodeAt(0));
      code.textContent = new TextDecoder().decode(bytes);
    } else {
      code.src = new URL(address, ours.src);
    }
    document.head.append(code);
    if (window.Plotly) {
      resolve(); // Code in the page has run by now, and tells of no end.
    }
  }));

  // --- The chart

  class Chart {
    constructor({ read, title, name }) {
      const data = read();
      this.data = data;
      this.name = name;
      this.isUpright = "x" in data; // Values stand upright; else they lie beside rows of words.
      this.hasRungs = data.rungs?.length > 0;
      this.hasRows = this.hasRungs || !this.isUpright;
      this.all = marksOf(data).filter(({ x, value }) => value !== null && (this.hasRows || x !== null));
      const scale = { probit, fisher, symlog }[data.scale] ?? same;
      this.scales = { x: data.ratios ? Math.log10 : scale, value: scale };
      const isModel = ({ name, weight }) => name && weight === null; // A mark with a weight is a bin.
      this.models = unique(this.all.filter(isModel).map(({ name }) => name));
      this.networks = new Set(this.models.map(networkOf));
      this.off = new Set(); // Groups that are switched off.
      this.said = null; // The mark that was read last.
      this.sought = ""; // The network that has a ring.
      this.build(`Explore ${title}`);
    }

    build(title) {
      this.facets = Object.keys(FACETS)
        .filter((name) => unique(this.all.map((mark) => mark[name])).length > 1).map((name) => this.facet(name));
      const head = element("p", { class: "explore-head" }, element("strong", {}, title));
      head.append(...this.facets.map(({ label }) => label), ...this.findBox());
      this.legend = element("div", { class: "explore-legend", role: "group", "aria-label": "Groups" });
      this.plot = element("div", { class: "explore-plot" });
      const keys = "Arrow keys go from mark to mark: left and right along the horizontal axis, up and down along the "
        + "vertical one; Home and End to the first and the last.";
      const marks = { class: "explore-marks", tabindex: "0", role: "application", "aria-label": `${title}. ${keys}` };
      this.box = element("div", marks, this.plot);
      this.box.addEventListener("keydown", (event) => this.walk(event));
      this.says = element("p", { class: "explore-says", role: "status" }, "The chart is loading.");
      this.model = element("p", { class: "explore-model" });
      const parts = [head, this.legend, this.box, this.says, this.model];
      this.section = element("section", { class: "explore", "aria-label": title }, ...parts);
    }

    facet(name) {
      const select = element("select");
      const one = { name, select, label: element("label", {}, `${FACETS[name]} `, select) };
      select.addEventListener("change", () => {
        one.chosen = select.value;
        this.show();
      });
      return one;
    }

    findBox() {
      const list = `${this.name}-models`;
      this.find = element("input", { list, autocomplete: "off" });
      this.find.addEventListener("change", () => seek(this, this.find.value));
      const options = this.models.map((model) => new Option(model));
      const box = [element("label", {}, "Find a model ", this.find), element("datalist", { id: list }, ...options)];
      return this.models.length > 1 ? box : [];
    }

    // --- What is shown

    // Another view: other marks, another legend.
    async show() {
      this.marks = this.choose();
      this.groups = Map.groupBy(this.marks, (mark) => mark.group);
      this.place();
      this.forget();
      this.drawLegend();
      await this.draw();
      this.saySought();
    }

    // The marks that are left after each choice; at first, what has CLIPs is chosen.
    choose() {
      return this.facets.reduce((left, one) => {
        const of = (value) => left.filter((mark) => mark[one.name] === value);
        const values = unique(left.map((mark) => mark[one.name]));
        if (!values.includes(one.chosen)) {
          one.chosen = values.find((value) => of(value).some(isClip)) ?? values[0];
        }
        one.select.replaceChildren(...values.map((value) => new Option(value || "all", value)));
        one.select.value = one.chosen;
        one.label.hidden = values.length < 2;
        return of(one.chosen);
      }, this.all);
    }

    place() {
      const inRows = this.hasRows ? this.placesInRows() : null;
      for (const mark of this.marks) {
        mark.at = this.turned(this.scales.value(mark.value), inRows?.get(mark) ?? this.scales.x(mark.x));
      }
      const ends = ["value", "low", "high", "band_low", "band_high"];
      const { diagonal } = this.data;
      this.along = diagonal ? WHOLE : rangeOf(this.marks, ends, this.scales.value);
      this.across = diagonal || this.hasRows ? WHOLE : rangeOf(this.marks, ["x"], this.scales.x);
    }

    // Looks of a row stand beside each other, and marks of one look in a row on lanes, so that all are seen.
    placesInRows() {
      const nameOf = ({ heading, row }) => [cut(heading), row].filter(Boolean).join("\n");
      const looksOf = (marks) => [...Map.groupBy(marks, (mark) => mark.group).values()];
      const rows = [...Map.groupBy(this.marks, nameOf)].map(([name, marks]) => [name, looksOf(marks)]);
      this.rows = this.hasRungs ? this.data.rungs : rows.map(([name]) => name);
      this.looksInRow = Math.max(...rows.map(([, looks]) => looks.length));
      const places = new Map();
      for (const [name, looks] of rows) {
        looks.forEach((marks, line) => sortedBy(marks, (mark) => mark.value).forEach((mark, rank) => {
          const lanes = Math.min(5, marks.length);
          const lane = lanes > 1 ? 0.6 * ((rank % lanes) / (lanes - 1) - 0.5) : 0;
          places.set(mark, this.rows.indexOf(name) + SPREAD * ((line + 0.5 + lane) / this.looksInRow - 0.5));
        }));
      }
      return places;
    }

    // What is along the axis of values and what is across it, as x and y.
    turned(along, across) {
      return this.isUpright ? { x: across, y: along } : { x: along, y: across };
    }

    visible() {
      return this.marks.filter((mark) => !this.off.has(mark.group));
    }

    lookOf({ look }) {
      return this.data.looks[look];
    }

    colourOf(mark) {
      const { colour } = this.lookOf(mark);
      return colour ? theme(variable(colour)) || colour : ink();
    }

    // --- Drawing

    async draw() {
      const groups = [...this.groups.values()].filter(([mark]) => !this.off.has(mark.group));
      const ranked = sortedBy(groups, ([mark]) => this.lookOf(mark).rank);
      const curves = this.data.joined ? ranked.map((marks) => this.curve(marks)) : [];
      const traces = [this.bars(), ...this.fit(), ...curves, ...ranked.map((marks) => this.trace(marks)), this.ring()];
      await Plotly.react(this.plot, traces, this.layout(), {
        responsive: true, displaylogo: false, displayModeBar: true, doubleClick: "reset", typesetMath: false,
        modeBarButtons: BUTTONS, toImageButtonOptions: { format: "svg", filename: `${this.name}-chart` },
      });
      this.plot.querySelectorAll(".main-svg").forEach((svg) => svg.setAttribute("aria-hidden", "true"));
      if (!this.isDrawn) {
        this.isDrawn = true;
        this.plot.on("plotly_hover", ({ points: [{ customdata }] }) => this.say(customdata));
        // A finger clicks without hovering; what is clicked stays while a pointer goes on to what is offered.
        this.plot.on("plotly_click", ({ points: [{ customdata }] }) => {
          this.say(customdata);
          this.offer(customdata);
        });
      }
    }

    line(points, { line, ...style } = {}) {
      return { mode: "lines", hoverinfo: "skip", ...points, ...style, line: { color: ink(), width: 1, ...line } };
    }

    // Grey bars behind marks: a floor, or where a new family falls.
    bars() {
      const marks = this.visible().filter((mark) => mark.band_low !== null);
      const along = marks.flatMap((mark) => [mark.band_low, mark.band_high].map(this.scales.value).concat(null));
      const across = marks.flatMap(({ at }) => Array(3).fill(this.isUpright ? at.x : at.y));
      return this.line(this.turned(along, across), { line: { width: 8 }, opacity: 0.16 });
    }

    // The line that marks are held against, with its band; or the diagonal.
    fit() {
      const { lines, diagonal } = this.data;
      const [{ study, panel }] = this.marks;
      const here = [...(lines?.x.keys() ?? [])].filter((at) => word(lines.study, at) === study && word(lines.panel, at) === panel);
      const held = here.filter((at) => lines.low[at] !== null);
      const scaled = (places, name, scale) => places.map((at) => scale(lines[name][at]));
      const [x, beside] = [here, held].map((places) => scaled(places, "x", this.scales.x));
      const y = scaled(here, "value", this.scales.value);
      const [low, high] = ["low", "high"].map((name) => scaled(held, name, this.scales.value));
      const around = { x: [...beside, ...beside.toReversed()], y: [...high, ...low.toReversed()] };
      const band = { fill: "toself", fillcolor: ink(), opacity: 0.14, line: { width: 0 } };
      const both = diagonal ? [0, 100] : [];
      return [this.line(around, band), this.line({ x, y }), this.line({ x: both, y: both })];
    }

    curve(marks) {
      const means = sortedBy(marks.filter((mark) => mark.mark !== "single"), ({ at }) => at.x);
      const line = { color: this.colourOf(marks[0]), dash: DASHES[this.lookOf(marks[0]).line] };
      return this.line({ x: means.map(({ at }) => at.x), y: means.map(({ at }) => at.y) }, { line });
    }

    trace(marks) {
      const color = this.colourOf(marks[0]);
      return {
        customdata: marks,
        x: marks.map(({ at }) => at.x),
        y: marks.map(({ at }) => at.y),
        text: marks.map((mark) => this.words(mark).map((words) => broken(words)).join("<br>")),
        mode: "markers",
        hoverinfo: "text",
        hoverlabel: { bordercolor: color },
        marker: { color, line: { color, width: 1.2 }, ...this.shapes(marks) },
        [this.isUpright ? "error_y" : "error_x"]: this.intervals(marks, color),
      };
    }

    shapes(marks) {
      const { marker } = this.lookOf(marks[0]);
      const [symbol] = MARKERS[marker];
      const isHollow = (mark) => !mark.decided || symbol.endsWith("thin");
      const isSmall = (mark) => marks.length > DENSE || mark.mark === "single";
      return {
        symbol: marks.map((mark) => (isHollow(mark) ? `${symbol}-open` : symbol)),
        size: marks.map((mark) => (mark.weight === null ? MARK_SIZE - 4 * isSmall(mark) : 4 + 14 * mark.weight ** 0.5)),
        opacity: marks.map((mark) => (mark.mark === "none" || !marker ? 0 : 0.9 - 0.4 * isSmall(mark))),
      };
    }

    // An end that is not bounded goes far beyond the edge.
    intervals(marks, color) {
      const far = 100 * (this.along[1] - this.along[0]);
      const scale = this.scales.value;
      const reach = (end, sign) => marks.map((mark) => (
        mark[end] === null ? 0 : Math.min(sign * (scale(mark[end]) - scale(mark.value)), far)
      ));
      const ends = { array: reach("high", 1), arrayminus: reach("low", -1) };
      return { type: "data", symmetric: false, ...ends, color, thickness: 1, width: 0 };
    }

    ring() {
      const found = this.found();
      const marker = { symbol: "circle-open", size: 20, color: ink(), line: { width: 2 } };
      const points = { x: found.map(({ at }) => at.x), y: found.map(({ at }) => at.y) };
      return { ...points, mode: "markers", hoverinfo: "skip", marker };
    }

    layout() {
      const { x, reference } = this.data;
      const [mark] = this.marks;
      const along = this.axis(axisOf(this.data, mark), this.ticks(this.along, this.scales.value));
      const across = this.axis(x ?? "", this.hasRows ? this.rowNames() : this.ticks(this.across, this.scales.x));
      const { x: xaxis, y: yaxis } = this.turned(along, across);
      const ground = theme("--pst-color-background");
      return {
        xaxis, yaxis,
        autosize: true,
        height: this.isUpright ? 420 : this.heightOfRows(),
        margin: { l: 48, r: 12, t: 40, b: 44 },
        font: { size: FONT_SIZE, color: ink(), family: getComputedStyle(document.body).fontFamily },
        paper_bgcolor: ground,
        plot_bgcolor: ground,
        shapes: this.referenceLine(reference?.[mark.side] ?? reference),
        showlegend: false,
        hovermode: "closest",
        hoverlabel: { bgcolor: theme("--pst-color-surface"), font: { color: ink(), size: FONT_SIZE }, align: "left" },
        modebar: { bgcolor: ground, color: theme("--pst-color-text-muted"), activecolor: ink() },
        dragmode: isTouched() ? false : "zoom", // A finger that moves over the marks scrolls the page.
        uirevision: this.facets.map(({ chosen }) => chosen).join("\n"), // A view stays zoomed when it is drawn again.
      };
    }

    axis(title, places) {
      const text = { text: broken(title), standoff: 8, font: { size: FONT_SIZE } };
      return { title: text, gridcolor: theme("--pst-color-border"), zeroline: false, automargin: true, ...places };
    }

    rowNames() {
      const last = this.rows.length - 0.5;
      const range = this.isUpright ? [-0.5, last] : [last, -0.5];
      const longest = longestName() / (this.isUpright ? 2 : 1); // Rungs share the width of the chart.
      const names = this.rows.map((row) => broken(row, longest));
      return { range, tickvals: [...this.rows.keys()], ticktext: names, tickangle: 0 };
    }

    heightOfRows() {
      const lines = Math.max(...this.rowNames().ticktext.map((name) => name.split("<br>").length));
      return Math.max(300, 120 + this.rows.length * Math.max(16 + 8 * this.looksInRow, 8 + 16 * lines));
    }

    // Where equal steps are no equal differences, the ticks of print: percentages, or the levels that were tried.
    ticks(range, scale) {
      if (scale === same) {
        return { range };
      }
      const fixed = new Map([[probit, PERCENT], [fisher, CORRELATIONS], [symlog, EFFECTS]]);
      const values = fixed.get(scale) ?? sortedBy(unique(this.marks.map(({ x }) => x)), same);
      const shown = values.filter((value) => scale(value) >= range[0] && scale(value) <= range[1]);
      const kept = shown.filter((_, index) => index % Math.ceil(shown.length / 7) === 0);
      return { range, tickvals: kept.map(scale), ticktext: kept.map((value) => value.toLocaleString("en").replace("-", "−")) };
    }

    referenceLine(at) {
      const [end, edge] = this.isUpright ? ["y", "x"] : ["x", "y"];
      const ends = { [`${end}0`]: at, [`${end}1`]: at, [`${edge}0`]: 0, [`${edge}1`]: 1, [`${edge}ref`]: "paper" };
      return Number.isFinite(at) ? [{ type: "line", ...ends, layer: "below", line: { color: ink(), width: 1 } }] : [];
    }

    // --- The legend

    drawLegend() {
      const named = [...this.groups.values()].filter(([{ called }]) => called);
      const hollow = this.marks.some(({ decided }) => !decided) ? ["Hollow: undecided"] : [];
      this.legend.replaceChildren(...named.map(([mark]) => this.legendButton(mark)), ...hollow);
    }

    legendButton(mark) {
      const { colour, marker } = this.lookOf(mark);
      const style = `color: ${colour ? `var(${variable(colour)}, ${colour})` : "inherit"}`;
      const path = element("path", { d: MARKERS[marker][1] });
      const glyph = element("svg", { viewBox: "-7 -7 14 14", "aria-hidden": "true", style }, path);
      const pressed = String(!this.off.has(mark.group));
      const made = element("button", { type: "button", "aria-pressed": pressed }, glyph, ` ${mark.called}`);
      made.addEventListener("click", () => this.toggle(mark.group, made));
      return made;
    }

    toggle(group, pressed) {
      const isOn = this.off.delete(group);
      if (!isOn) {
        this.off.add(group);
      }
      pressed.setAttribute("aria-pressed", String(isOn));
      this.forget();
      this.draw();
    }

    // --- Reading marks

    forget() {
      this.said = this.offered = null;
      this.model.replaceChildren();
      this.says.textContent = isTouched()
        ? "Touch a mark to read what it is."
        : "Point at a mark, or press Tab and then the arrow keys, to read what it is.";
    }

    // What a mark says: its model, what it is about, its look, its values.
    words(mark) {
      const interval = [mark.low, mark.high, mark.is_range ? "lowest to highest " : ""];
      return [
        mark.name,
        mark.heading,
        mark.row,
        mark.called,
        this.hasRows ? "" : valued(this.data.x, mark.x),
        valued(axisOf(this.data, mark), mark.value, interval),
        mark.decided ? "" : "undecided",
        mark.note,
      ].filter(Boolean);
    }

    say(mark, more = "") {
      this.said = mark;
      this.says.textContent = this.words(mark).join(" · ") + more;
    }

    // What can be done with the model of a mark, where it is one that the table of models has.
    async offer(mark) {
      this.offered = mark;
      const network = networkOf(mark.name);
      const known = network ? await chosen.load("names").catch(() => []) : [];
      if (this.offered !== mark) {
        return;
      }
      const ring = button("Ring it in all charts", `Ring ${network} in the charts of all chapters`, () => {
        chosen.choose(network);
        this.box.focus();
      });
      const link = element("a", { href: chosen.pageOf(network) }, `All that is known of ${network}`);
      this.model.replaceChildren(...(known.includes(network) ? [...(network === this.sought ? [] : [ring]), link] : []));
    }

    walk(event) {
      if (event.key === "Escape" && this.isDrawn) {
        Plotly.Fx.unhover(this.plot);
      }
      // The buttons of the library stand in the same box.
      if (!(event.key in KEYS) || event.target !== this.box || !this.isDrawn) {
        return;
      }
      event.preventDefault();
      const [axis, step] = KEYS[event.key];
      const order = sortedBy(this.visible(), ({ at }) => at[axis]);
      const here = order.indexOf(this.said);
      const next = here < 0 && step === -1 ? order.length : here + step;
      this.point(order[Math.min(Math.max(next, 0), order.length - 1)]);
    }

    point(mark) {
      const traces = this.plot.data;
      const curveNumber = traces.findIndex(({ customdata }) => customdata?.includes(mark));
      if (curveNumber >= 0) {
        Plotly.Fx.hover(this.plot, [{ curveNumber, pointNumber: traces[curveNumber].customdata.indexOf(mark) }]);
        this.say(mark);
        this.offer(mark);
      }
    }

    // --- A model that is sought

    found() {
      return this.visible().filter(({ name }) => name && networkOf(name) === this.sought);
    }

    // Rings a network, all its evaluations, in another view if it is not in this one.
    async seek(model) {
      this.sought = model;
      this.find.value = model;
      const isSought = ({ name }) => networkOf(name) === model;
      const first = model && (this.marks.find(isSought) ?? this.all.find(isSought));
      this.facets.forEach((one) => (one.chosen = first?.[one.name] ?? one.chosen));
      this.off.delete(first?.group);
      await this.show();
    }

    saySought() {
      const [first, ...others] = this.found();
      if (first) {
        this.say(first, others.length ? ` · and ${others.length} more` : "");
        this.offer(first);
      }
    }
  }

  // --- The charts of a page

  const opened = [];

  // A model that is sought in one chart is chosen, and ringed in all of the page and in those opened later.
  const seek = (chart, value) => {
    const model = networkOf(value);
    if (model && !chart.networks.has(model)) {
      chart.says.textContent = `No model of this chart is called “${value}”.`;
      return;
    }
    chosen.choose(model);
  };

  chosen.follow((model) => opened.forEach((one) => one.seek(one.networks.has(model) ? model : "")));

  const open = async (chart) => {
    if (!chart.all.length) {
      chart.says.textContent = "There is no value to show.";
      return;
    }
    try {
      await loadLibrary();
    } catch {
      chart.says.textContent = "The chart could not be loaded; load the page again.";
      return;
    }
    opened.push(chart);
    await chart.show();
    if (chart.networks.has(chosen.name)) {
      await chart.seek(chosen.name);
    }
  };

  for (const figure of figures) {
    let chart;
    const explore = button("Explore", "Show the values in a chart that names each mark", () => {
      const isOpen = explore.getAttribute("aria-expanded") === "false";
      explore.setAttribute("aria-expanded", String(isOpen));
      if (!chart) {
        chart = new Chart(figure);
        figure.row.after(chart.section);
        open(chart);
      }
      chart.section.hidden = !isOpen;
      if (isOpen && chart.isDrawn) {
        chart.draw(); // The theme may be another by now.
      }
    });
    explore.setAttribute("aria-expanded", "false");
    figure.row.querySelector("[role=status]").before(explore);
    const nameRing = (model) => {
      const names = model ? figure.read().columns.name?.words : [];
      explore.textContent = names?.some((name) => networkOf(name) === model) ? "Explore, with the ring" : "Explore";
    };
    chosen.follow(nameRing);
    nameRing(chosen.name);
  }

  new MutationObserver(() => opened.filter(({ section }) => !section.hidden).forEach((chart) => chart.draw()))
    .observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
