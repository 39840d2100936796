// Hands the one-time code to the page that opened this window, or takes it there when that page
// is out of reach (some publishers' pages cut the tie to windows they open).
const { dataset, href } = document.querySelector("#way-back");

if (window.opener && !window.opener.closed) {
  window.opener.postMessage({ type: "colloquy:code", code: dataset.code }, dataset.origin);
  window.close();
} else {
  window.location.replace(href);
}
