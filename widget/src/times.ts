/** Moments in words: how long ago, and exactly when. */

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]
const RELATIVE_FOR_MS = 7 * 86_400_000

/** "5 minutes ago" within a week, the date after it. */
export function ago(moment: string, language: string, now: number = Date.now()): string {
  const then = Date.parse(moment)
  const passed = Math.max(0, now - then)
  if (passed >= RELATIVE_FOR_MS) {
    return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(then)
  }
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const [unit, size] = UNITS.find(([, size]) => passed >= size) ?? ['second', Infinity]
  return words.format(-Math.floor(passed / size) || 0, unit)
}

/** The date and time in full, in the reader's own time zone. */
export function exactly(moment: string, language: string): string {
  const words = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short' })
  return words.format(Date.parse(moment))
}
