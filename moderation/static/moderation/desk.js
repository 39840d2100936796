/**
 * Single keys for who sits here for hours. Without this script all works by links and forms.
 * They are off in text fields, with modifier keys, and for good where the box "Single keys act"
 * is not ticked (kept in this browser).
 */
const KEPT = 'colloquy-desk-keys'
const help = document.querySelector('#keys')
const box = document.querySelector('#keys-on')

const ACTIONS = {
  j: () => open(beside(1)),
  k: () => open(beside(-1)),
  a: publish,
  p: publish,
  r: () => document.querySelector('#reasons input')?.focus(),
  '?': showHelp,
}

/** The link to the case so many places below the opened one. */
function beside(step) {
  const links = [...document.querySelectorAll('.cases a')]
  const place = links.findIndex((link) => link.ariaCurrent)
  return place < 0 ? links[0] : links[place + step]
}

function open(link) {
  if (link) location.assign(link.href)
}

function publish() {
  document.querySelector('.publish')?.requestSubmit()
}

function showHelp() {
  help.open = !help.open
  if (help.open) help.querySelector('summary').focus()
}

function isTyping(target) {
  return target.matches('textarea, select, input:not([type=radio], [type=checkbox])')
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return
  if (!box.checked || isTyping(event.target)) return
  const act = ACTIONS[event.key.toLowerCase()]
  if (!act) return
  event.preventDefault()
  act()
})

box.checked = localStorage.getItem(KEPT) !== 'off'
box.addEventListener('change', () => localStorage.setItem(KEPT, box.checked ? 'on' : 'off'))
help.hidden = false
document.querySelector('.cases [aria-current]')?.scrollIntoView({ block: 'nearest' })
