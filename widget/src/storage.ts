/** The page's storage, which a browser may refuse: then nothing is remembered, and nothing breaks. */

type Kind = 'localStorage' | 'sessionStorage'

export function recall(kind: Kind, key: string): string | null {
  try {
    return window[kind].getItem(key)
  } catch {
    return null
  }
}

/** Keeps `value` under `key`; null forgets it. */
export function remember(kind: Kind, key: string, value: string | null): void {
  try {
    if (value === null) window[kind].removeItem(key)
    else window[kind].setItem(key, value)
  } catch {
    // Storage is full or forbidden; the value lives on in memory only.
  }
}
