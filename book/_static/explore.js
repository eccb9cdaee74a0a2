// Beside a printed figure: the same values drawn by Plotly, one mark a model that says its name.
// A pointer or the arrow keys go from mark to mark; the legend switches groups on and off.

{
  const FONT_SIZE = 12;
  const MARK_SIZE = 9;
  const LONGEST = 34;
  const DENSE = 300; // More marks of a group than this are drawn small and half transparent.

  const GLYPHS = {
    circle: "●", square: "■", diamond: "◆", "diamond-tall": "⬧", "triangle-up": "▲", "triangle-down": "▼",
    cross: "✚", x: "✖", "x-thin": "✕", "cross-thin": "+", star: "★", hexagon: "⬢", pentagon: "⬟",
  };

  const theme = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };

  const written = (number) => number.toFixed(1).replace("-", "−");

  // "accuracy, %" and 76.14 as "accuracy: 76.1 %"
  const valued = (title, number, more = "") => {
    const [, what, unit = ""] = title.match(/^(.*?)(?:, (%|points))?$/);
    return `${what}: ${written(number)}${unit && `\u00a0${unit}`}${more}`;
  };

  // What is wider than a phone is broken, between words where it has any.
  const line = new RegExp(`(.{1,${LONGEST}})(?: +|$)|(.{${LONGEST}})`, "g");
  const broken = (text) => text.replace(line, "$1$2<br>").replace(/<br>$/, "");

  class Explorer {
    constructor(data) {
      this.data = data;
      this.off = new Set();
      this.place = null;
      this.select = element("select");
      data.views.forEach((view, index) => this.select.append(new Option(view.name, index)));
      this.legend = element("div", { class: "explore-legend", role: "group", "aria-label": "Groups" });
      this.plot = element("div", { class: "explore-plot", "aria-hidden": "true" });
      this.marks = element(
        "div",
        { class: "explore-marks", tabindex: "0", role: "application", "aria-label": this.describe() },
        this.plot,
      );
      this.says = element("p", { class: "explore-says", role: "status" }, this.hint());
      const head = element("p", { class: "explore-head" }, element("strong", {}, `Explore: ${data.title}`));
      if (data.views.length > 1) {
        head.append(element("label", {}, "View ", this.select));
      }
      const attributes = { class: "explore", "aria-label": `Explore: ${data.title}` };
      this.section = element("section", attributes, head, this.legend, this.marks, this.says);
      this.select.addEventListener("change", () => this.draw());
      this.marks.addEventListener("keydown", (event) => this.walk(event));
    }

    get view() {
      return this.data.views[Number(this.select.value) || 0];
    }

    describe() {
      return `${this.data.title}. Arrow keys go from model to model: left and right along the horizontal axis, `
        + "up and down along the vertical one.";
    }

    hint() {
      return "Point at a mark, or press Tab and then the arrow keys, to read which model it is.";
    }

    // Groups by name; one group can have filled and hollow marks.
    groups() {
      const found = new Map();
      for (const marks of this.view.marks) {
        found.set(marks.group, [...(found.get(marks.group) ?? []), marks]);
      }
      return found;
    }

    draw() {
      this.place = null;
      this.says.textContent = this.hint();
      this.drawLegend();
      const lines = this.view.lines.map(([x, y]) => ({
        x, y, mode: "lines", hoverinfo: "skip", showlegend: false,
        line: { color: theme("--pst-color-text-base"), width: 1 },
      }));
      const traces = this.view.marks.map((marks) => this.trace(marks));
      const options = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false };
      return Plotly.react(this.plot, [...lines, ...traces], this.layout(), options).then(() => {
        if (!this.listening) {
          // A finger clicks without hovering.
          for (const event of ["plotly_hover", "plotly_click"]) {
            this.plot.on(event, ({ points }) => this.say(points[0]));
          }
          this.listening = true;
        }
      });
    }

    trace(marks) {
      const dense = marks.names.length > DENSE;
      const thin = marks.symbol.includes("thin");
      return {
        x: marks.x,
        y: marks.y,
        text: marks.names.map((_, index) => this.words(marks, index).map(broken).join("<br>")),
        mode: "markers",
        name: marks.group,
        visible: !this.off.has(marks.group),
        hoverinfo: "text",
        hoverlabel: { bordercolor: marks.colour },
        marker: {
          symbol: thin && !marks.symbol.includes("open") ? `${marks.symbol}-open` : marks.symbol,
          color: marks.colour,
          size: dense ? MARK_SIZE - 4 : MARK_SIZE,
          opacity: dense ? 0.5 : 0.9,
          line: { color: marks.colour, width: thin || marks.symbol.includes("open") ? 1.5 : 0 },
        },
        ...this.intervals(marks),
      };
    }

    intervals(marks) {
      if (!marks.low) {
        return {};
      }
      const axis = this.view.interval;
      const reach = (ends, sign) => ends.map((end, index) => (end === null ? 0 : sign * (end - marks[axis][index])));
      const bars = { type: "data", symmetric: false, array: reach(marks.high, 1), arrayminus: reach(marks.low, -1) };
      return { [`error_${axis}`]: { ...bars, color: marks.colour, thickness: 0.8, width: 0 } };
    }

    layout() {
      const ink = theme("--pst-color-text-base");
      const axis = (text) => ({
        title: { text, standoff: 8, font: { size: FONT_SIZE } },
        gridcolor: theme("--pst-color-border"),
        zeroline: false,
        automargin: true,
      });
      return {
        autosize: true,
        height: 400,
        margin: { l: 48, r: 12, t: 8, b: 44 },
        font: { size: FONT_SIZE, color: ink, family: getComputedStyle(document.body).fontFamily },
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        xaxis: axis(this.view.x),
        yaxis: axis(this.view.y),
        showlegend: false,
        hovermode: "closest",
        hoverlabel: { bgcolor: theme("--pst-color-surface"), font: { color: ink, size: FONT_SIZE }, align: "left" },
        dragmode: false,
      };
    }

    drawLegend() {
      const buttons = [...this.groups()].map(([group, [marks]]) => {
        const glyph = element("span", { "aria-hidden": "true", style: `color: ${marks.colour}` });
        glyph.textContent = GLYPHS[marks.symbol.replace("-open", "")];
        const button = element("button", { type: "button", "aria-pressed": String(!this.off.has(group)) }, glyph, ` ${group}`);
        button.addEventListener("click", () => this.toggle(group, button));
        return button;
      });
      this.legend.replaceChildren(...buttons);
    }

    toggle(group, button) {
      const isOn = this.off.delete(group);
      if (!isOn) {
        this.off.add(group);
      }
      button.setAttribute("aria-pressed", String(isOn));
      this.place = null;
      const traces = this.plot.data.flatMap((trace, index) => (trace.name === group ? [index] : []));
      Plotly.restyle(this.plot, { visible: isOn }, traces);
    }

    // What a mark says: its model, its group, its values.
    words(marks, index) {
      const { view } = this;
      const ends = marks.low?.[index] == null ? "" : ` (${written(marks.low[index])} to ${written(marks.high[index])})`;
      const said = [
        this.data.names[marks.names[index]],
        marks.group,
        valued(view.x, marks.x[index], view.interval === "x" ? ends : ""),
        valued(view.y, marks.y[index], view.interval === "y" ? ends : ""),
      ];
      return marks.extra?.[index] == null ? said : [...said, valued(view.extra, marks.extra[index])];
    }

    say(point) {
      const index = point.curveNumber - this.view.lines.length;
      this.place = [index, point.pointNumber];
      this.says.textContent = this.words(this.view.marks[index], point.pointNumber).join(" · ");
    }

    // Visible marks, sorted along an axis.
    along(axis) {
      return this.view.marks
        .flatMap((marks, trace) => (this.off.has(marks.group) ? [] : marks.names.map((_, index) => [trace, index])))
        .sort(([a, i], [b, j]) => this.view.marks[a][axis][i] - this.view.marks[b][axis][j] || a - b || i - j);
    }

    walk(event) {
      const steps = { ArrowRight: ["x", 1], ArrowLeft: ["x", -1], ArrowUp: ["y", 1], ArrowDown: ["y", -1] };
      if (event.key === "Escape") {
        Plotly.Fx.unhover(this.plot);
      }
      if (!(event.key in steps)) {
        return;
      }
      event.preventDefault();
      const [axis, step] = steps[event.key];
      const order = this.along(axis);
      if (order.length) {
        const here = this.place === null
          ? -1
          : order.findIndex(([trace, index]) => trace === this.place[0] && index === this.place[1]);
        const next = here < 0 ? (step > 0 ? 0 : order.length - 1) : Math.min(Math.max(here + step, 0), order.length - 1);
        const [trace, index] = order[next];
        Plotly.Fx.hover(this.plot, [{ curveNumber: trace + this.view.lines.length, pointNumber: index }]);
        this.say({ curveNumber: trace + this.view.lines.length, pointNumber: index });
      }
    }
  }

  const explorers = [];
  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (isIntersecting) {
          near.unobserve(target);
          explorers.find(({ section }) => section === target).draw();
        }
      }
    },
    { rootMargin: "50%" },
  );

  document.querySelectorAll("script.explore-data").forEach((holder) => {
    const explorer = new Explorer(JSON.parse(holder.textContent));
    explorers.push(explorer);
    (holder.closest("figure") ?? holder).after(explorer.section);
    near.observe(explorer.section);
  });

  new MutationObserver(() => {
    explorers.filter(({ listening }) => listening).forEach((explorer) => explorer.draw());
  }).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
