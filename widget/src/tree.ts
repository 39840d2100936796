/** How comments become the list a reader sees. Pure: no DOM, no network. */
import type { Comment, OwnComment } from './types.ts'

/** What to show of a comment: its author sees their own version, others the public one. */
export function shownTo(author: OwnComment | undefined, comment: Comment | undefined): Comment {
  const shown = author ?? comment
  if (!shown) throw new RangeError('neither version of the comment is known')
  if (shown.status === 'withdrawn' || shown.status === 'erased') return tombstone(shown)
  return shown
}

export function isTombstone(comment: Comment): boolean {
  return comment.body_html === null
}

function tombstone(comment: Comment): Comment {
  return { ...comment, author: null, body_html: null, votes: null, reactions: null }
}

/**
 * Replies in reading order: each directly under the one it answers, siblings oldest first.
 * One whose parent is not among them stands under the root.
 */
export function inReadingOrder(replies: Comment[], root: string): Comment[] {
  const known = new Set(replies.map(reply => reply.id))
  const children = Map.groupBy(replies, ({ parent }) => (parent && known.has(parent) ? parent : root))
  const order: Comment[] = []
  const waiting = [...(children.get(root) ?? [])].sort(newestFirst)
  for (let reply = waiting.pop(); reply; reply = waiting.pop()) {
    order.push(reply)
    waiting.push(...(children.get(reply.id) ?? []).sort(newestFirst))
  }
  return order
}

/** Leaves out tombstones that no longer hold up any reply. Expects reading order. */
export function withoutBareTombstones(replies: Comment[]): Comment[] {
  const needed = new Set<string>()
  return replies
    .toReversed()
    .filter(reply => {
      const stays = !isTombstone(reply) || needed.has(reply.id)
      if (stays && reply.parent) needed.add(reply.parent)
      return stays
    })
    .toReversed()
}

/**
 * Of a page in the order of newest, what is new: all before the first that is known, at most as many
 * as were told of. The reader's own are not counted among these.
 */
export function newcomers(
  page: Comment[], known: { has(id: string): boolean }, own: { has(id: string): boolean }, most: number,
): Comment[] {
  const found: Comment[] = []
  let others = 0
  for (const comment of page) {
    if (known.has(comment.id)) break
    if (!own.has(comment.id)) others += 1
    if (others > most) break
    found.push(comment)
  }
  return found
}

/** Adds the reader's own comments to a page of top-level ones, where the sort would put them. */
export function placed(page: Comment[], own: Comment[], sort: string): Comment[] {
  const all = [...own, ...page]
  if (!own.length) return page
  if (sort === 'newest') return all.sort(newestFirst)
  if (sort === 'oldest') return all.sort((a, b) => newestFirst(b, a))
  return all
}

/** UUIDv7 ids are in the order of their making, where two moments are equal. */
function newestFirst(a: Comment, b: Comment): number {
  return Date.parse(b.created_at) - Date.parse(a.created_at) || (a.id < b.id ? 1 : -1)
}
