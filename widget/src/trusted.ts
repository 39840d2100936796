/**
 * The one door through which HTML enters the page.
 *
 * The server has sanitised it already; here it is parsed into an inert document and only what is
 * known to be harmless is built anew, so that neither a broken server nor one that was broken
 * into can run a script in a publisher's page.
 */

const ELEMENTS = new Set([
  'P', 'BR', 'STRONG', 'EM', 'DEL', 'S', 'CODE', 'PRE', 'BLOCKQUOTE', 'UL', 'OL', 'LI', 'A', 'HR',
])
const DROPPED_WHOLE = new Set([
  'SCRIPT', 'STYLE', 'TEMPLATE', 'IFRAME', 'OBJECT', 'EMBED', 'SVG', 'MATH', 'NOSCRIPT', 'TITLE',
  'TEXTAREA', 'SELECT', 'BUTTON', 'XMP', 'PLAINTEXT', 'NOEMBED', 'NOFRAMES',
])
const PROTOCOLS = new Set(['http:', 'https:', 'mailto:'])
const DEEPEST = 40

const policy = window.trustedTypes?.createPolicy('colloquy', { createHTML: text => text })

/** `html` as nodes of known kinds only; unknown elements leave their text, dangerous ones nothing. */
export function trusted(html: string): DocumentFragment {
  const markup = policy ? policy.createHTML(html) : html
  const parsed = new DOMParser().parseFromString(markup as string, 'text/html')
  const clean = document.createDocumentFragment()
  copyChildren(parsed.body, clean, 0)
  return clean
}

function copyChildren(from: Node, to: Node, depth: number): void {
  for (const node of from.childNodes) {
    if (node instanceof Text || node.nodeType === Node.TEXT_NODE) to.appendChild(new Text(node.nodeValue ?? ''))
    else if (node.nodeType === Node.ELEMENT_NODE) copyElement(node as Element, to, depth)
  }
}

function copyElement(source: Element, to: Node, depth: number): void {
  const name = source.tagName.toUpperCase()
  if (DROPPED_WHOLE.has(name) || depth > DEEPEST) return
  if (!ELEMENTS.has(name)) return copyChildren(source, to, depth + 1)
  const copy = document.createElement(name)
  if (copy instanceof HTMLAnchorElement) linkOut(copy, source.getAttribute('href'))
  copyChildren(source, copy, depth + 1)
  to.appendChild(copy)
}

function linkOut(link: HTMLAnchorElement, href: string | null): void {
  const target = href && URL.canParse(href) ? new URL(href) : null
  if (!target || !PROTOCOLS.has(target.protocol)) return
  link.href = target.href
  link.target = '_blank'
  link.rel = 'ugc nofollow noopener noreferrer'
}
