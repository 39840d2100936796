/** Gathers the addresses that a page's elements ask about in one moment into one call. */
import { Api } from './api.ts'

const asked = new Map<string, { urls: Set<string>; answer: Promise<Map<string, number>> }>()

/** How many comments `url` has; undefined where the server does not say. */
export async function countOf(origin: string, url: string): Promise<number | undefined> {
  let batch = asked.get(origin)
  if (!batch) {
    const urls = new Set<string>()
    batch = { urls, answer: soon().then(() => fetchAll(origin, urls)) }
    asked.set(origin, batch)
  }
  batch.urls.add(url)
  return (await batch.answer).get(url)
}

/** After every element that is upgraded in this turn had its first update. */
function soon(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve))
}

async function fetchAll(origin: string, urls: Set<string>): Promise<Map<string, number>> {
  asked.delete(origin)
  // A listing reads well without counts: what cannot be fetched is left as the page wrote it.
  return new Api(origin).counts([...urls]).catch(() => new Map<string, number>())
}
