// The model that a reader has chosen, which is ringed in the charts of all chapters: it stands in the address
// (?model=NAME), and the browser's storage, where there is one, keeps it from page to page. A chip names and clears it.

{
  const ours = document.currentScript;
  const KEY = "clipsafe-model";
  const followers = [];

  const make = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };

  // The network of an evaluation; registry/model_names.py has the same.
  const networkOf = (name) => name.replace(/(@| \((?!stylised\))| as ).*$/s, "");

  // A page opened from disk, or a reader's settings, may allow no storage.
  const stored = (act) => {
    try {
      return act(localStorage);
    } catch {
      return null;
    }
  };

  const inAddress = () => networkOf(new URL(location.href).searchParams.get("model") ?? "");

  const keep = (name) => {
    chosen.name = name;
    stored((storage) => (name ? storage.setItem(KEY, name) : storage.removeItem(KEY)));
    showChip();
  };

  const choose = (name) => {
    const address = new URL(location.href);
    address.searchParams.delete("model");
    if (name) {
      address.searchParams.set("model", name);
    }
    history.replaceState(null, "", address);
    keep(name);
    followers.forEach((follow) => follow(name));
  };

  // Where the page of the models is; a page taken along has its address on the published site.
  const pageOf = (name) => {
    const link = document.querySelector('nav a[href*="models.html"]')?.href ?? location.href;
    const address = new URL(link);
    address.search = new URLSearchParams({ model: name });
    address.hash = "";
    return address.href;
  };

  // A small script of the site, such as one with the views of some models; one page taken along has none beside it.
  const scripts = new Map();
  const load = (name) => {
    if (!scripts.has(name)) {
      scripts.set(name, new Promise((resolve, reject) => {
        const script = make("script", { src: new URL(`views/${name}.js`, ours.src) });
        script.addEventListener("load", () => resolve(window.modelViews[name]));
        script.addEventListener("error", reject);
        document.head.append(script);
      }));
    }
    return scripts.get(name);
  };

  const chip = make("section", { class: "chosen-model", "aria-label": "Ringed model" });
  const says = make("p", { class: "visually-hidden", role: "status" });

  const showChip = () => {
    const { name } = chosen;
    chip.hidden = !name;
    const clear = make("button", { type: "button", title: "Take the ring off", "aria-label": `Take the ring off ${name}` }, "×");
    clear.addEventListener("click", () => {
      choose("");
      says.textContent = `${name} is no longer ringed.`;
    });
    chip.replaceChildren("Ringed: ", make("a", { href: pageOf(name), title: name }, name), clear);
  };

  const chosen = { name: "", follow: (act) => followers.push(act), choose, inAddress, networkOf, pageOf, load, make };
  document.querySelector("main, body").append(chip, says);
  keep(inAddress() || (stored((storage) => storage.getItem(KEY)) ?? ""));
  window.chosen = chosen; // For the scripts of charts and of the models.
}
