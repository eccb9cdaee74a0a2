// The lines below a result are of what the page says: no buttons, no code, no list of contents.

{
  const UNSAID = ".headerlink, script, style, .cell_input, .figure-tools, .prev-next-footer, details > summary";

  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll(UNSAID).forEach((element) => element.remove());
    const place = page.getElementById(decodeURIComponent(anchor ?? "").slice(1));
    const said = place ?? page.querySelector(".bd-article");
    return said ? said.textContent.replace(/\s+/g, " ") : "";
  };
}
