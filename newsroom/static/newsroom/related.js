/*
 * "Related articles", fetched in the reader's browser from the public API: the page's address
 * gives the article, the article its related links for the edition being read. That a reader followed
 * one is told, who it was is not.
 */

const box = document.querySelector("[data-related]");
if (box) load(box);

async function load(box) {
  const {api, url, edition} = box.dataset;
  box.setAttribute("aria-busy", "true");
  box.replaceChildren(skeleton());
  try {
    const page = await get(`${api}/threads/lookup?url=${encodeURIComponent(url)}`);
    const related = await get(`${api}/articles/${page.edition.article}/related?edition=${edition}`);
    box.replaceChildren(list(related.results, {...box.dataset, article: page.edition.article}));
  } catch {
    box.replaceChildren(failure(box));
  }
  box.removeAttribute("aria-busy");
}

async function get(address) {
  const response = await fetch(address, {headers: {accept: "application/json"}});
  if (!response.ok) throw new Error(`${response.status} for ${address}`);
  return response.json();
}

function list(links, labels) {
  return element("ol", "related-list", links.map(link => item(link, labels)));
}

function item(link, labels) {
  const anchor = element("a", "", [link.title]);
  anchor.href = link.url;
  if (link.picked_by !== "editor") anchor.addEventListener("click", () => follow(link, labels));
  const parts = [element("h3", "", [anchor])];
  if (link.text) parts.push(element("p", "", [link.text]));
  if (link.comment_count !== null) {
    parts.push(element("p", "discussed", [countLabel(link.comment_count, labels)]));
  }
  const why = reason(link, labels);
  if (why) parts.push(element("p", "why", [why]));
  return element("li", "", parts);
}

/** Why it is here, in words. */
function reason({picked_by, shared_terms}, {editor, shared}) {
  if (picked_by === "editor") return editor;
  return shared_terms.length ? shared.replace("{terms}", shared_terms.slice(0, 3).join(", ")) : "";
}

/** Tell that somebody followed a link; the page goes on meanwhile. */
function follow(link, {api, article, edition}) {
  fetch(`${api}/articles/${article}/related/clicks`, {
    method: "POST",
    keepalive: true,
    credentials: "omit",
    headers: {"content-type": "application/json"},
    body: JSON.stringify({edition, article: link.article}),
  }).catch(() => {});
}

function countLabel(count, {none, one, other, edition}) {
  if (count === 0) return none;
  return count === 1 ? one : other.replace("{n}", count.toLocaleString(edition));
}

function failure(box) {
  const again = element("button", "", [box.dataset.retry]);
  again.type = "button";
  again.addEventListener("click", () => load(box));
  const notice = element("div", "note", [element("p", "", [box.dataset.failed]), again]);
  notice.role = "status";
  return notice;
}

function skeleton() {
  const lines = element("div", "skeleton", ["", "", "", ""].map(() => element("span", "", [])));
  lines.ariaHidden = "true";
  return lines;
}

function element(name, className, children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}
