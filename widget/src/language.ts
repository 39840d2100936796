/** The language an element speaks: its own `lang`, else the nearest one around it, else the page's. */
export function languageOf(element: HTMLElement): string {
  const near = element.closest<HTMLElement>('[lang]')?.lang
  return element.lang || near || document.documentElement.lang || 'en'
}
