/*
 * Related links in the admin are put in order by dragging, by two buttons, or by Alt and an arrow key.
 * All it does is fill in the places: without it they are typed.
 */

const {up, down, drag} = document.currentScript.dataset;
let dragged = null;

document.addEventListener("DOMContentLoaded", () => links().forEach(equip));
document.addEventListener("formset:added", event => equip(event.target));

function links() {
  return [...document.querySelectorAll("#related_links-group .inline-related:not(.empty-form)")];
}

function equip(link) {
  const bar = document.createElement("span");
  bar.className = "order";
  bar.append(button(up, "↑", () => move(link, -1)), button(down, "↓", () => move(link, 1)));
  const title = link.querySelector("h3");
  title.append(bar);
  title.title = drag;
  title.draggable = true;
  title.addEventListener("dragstart", event => {
    dragged = link;
    event.dataTransfer?.setData("text/plain", ""); // without it some browsers do not begin
  });
  title.addEventListener("dragend", () => (dragged = null));
  link.addEventListener("dragover", event => {
    if (!dragged || dragged === link) return;
    event.preventDefault();
    const {top, height} = link.getBoundingClientRect();
    link[event.clientY < top + height / 2 ? "before" : "after"](dragged);
    number();
  });
  link.addEventListener("keydown", event => {
    const by = {ArrowUp: -1, ArrowDown: 1}[event.key];
    if (!by || !event.altKey) return;
    event.preventDefault();
    move(link, by, event.target);
  });
}

function button(name, sign, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = sign;
  made.setAttribute("aria-label", name);
  made.title = name;
  made.addEventListener("click", () => {
    act();
    made.focus();
  });
  return made;
}

function move(link, by, focused) {
  const all = links();
  const neighbour = all[all.indexOf(link) + by];
  if (!neighbour) return;
  neighbour[by < 0 ? "before" : "after"](link);
  number();
  focused?.focus();
}

/** Fill in the places of all links that lead somewhere: a form left empty stays empty. */
function number() {
  links().filter(isFilled).forEach((link, place) => (field(link, "position").value = place));
}

function isFilled(link) {
  return field(link, "external_id").value || field(link, "url").value;
}

function field(link, name) {
  return link.querySelector(`[name$="-${name}"]`);
}
