import { svg } from 'lit'

/** Drawn in the text's colour; the button around an icon names it. */
const icon = (path: string) => svg`
  <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d=${path} /></svg>
`

export const arrowUp = icon('M8 3.2 13.2 9H9.8v4.3H6.2V9H2.8z')
export const arrowDown = icon('M8 12.8 2.8 7h3.4V2.7h3.6V7h3.4z')
