/** One thread as this reader sees it: what was fetched, what is their own, and what they can do. */
import type { Api } from './api.ts'
import { Problem } from './problem.ts'
import { inReadingOrder, isTombstone, newcomers, placed, shownTo, withoutBareTombstones } from './tree.ts'
import type { Comment, FlagReason, OwnComment, Page, Thread, VoteValue } from './types.ts'

const POLL_MS = 2_000
const POLLS_MOST = 30
/** The server answers from memory for a second: later than that it says what it told of. */
const ANSWERS_KEPT_MS = 1_000
/** Of so many top-level comments new replies are fetched at once; of others when asked for. */
const GROWN_MOST = 3
const NONE: ReadonlySet<string> = new Set()

/** Everything that one comment's element needs to know. */
export interface Entry {
  comment: Comment
  own: OwnComment | undefined
  /** The author's change is being checked; the text shown is still the earlier one. */
  editWaiting: boolean
  vote: VoteValue
  /** The kinds of reactions that this reader has to it. */
  reacted: ReadonlySet<string>
  muted: boolean
  /** Whom it answers, where that is a reply. */
  inReplyTo: string | null
}

export interface Branch {
  root: Entry
  replies: Entry[]
  /** How many published replies were not fetched yet. */
  more: number
}

function later(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}

interface Listener {
  changed(): void
  /** A post or an edit that was being screened has its verdict. */
  decided(own: OwnComment): void
}

export class Conversation {
  thread!: Thread
  /** The locale of the edition being read, where the page's address told it. */
  edition: string | undefined
  sort = ''
  next: string | null = null
  /** How many comments there are by now, as far as this page was told, and when. */
  #told = 0
  #toldAt = 0
  previous: string | null = null
  #api: Api
  #listener: Listener
  #roots: string[] = []
  #replies = new Map<string, { ids: Set<string>; next: string | null }>()
  #comments = new Map<string, Comment>()
  #own = new Map<string, OwnComment>()
  #votes = new Map<string, VoteValue>()
  #reactions = new Map<string, ReadonlySet<string>>()
  /** How often the reader voted or reacted, and which of these was the last on a comment. */
  #deeds = 0
  #lastOn = new Map<string, number>()
  /** What is being sent, by what it is about: the next about the same waits for it. */
  #sending = new Map<string, Promise<unknown>>()
  #muted = new Set<string>()
  /** Comments whose change is being checked while others still read the earlier text. */
  #waiting = new Set<string>()

  constructor(api: Api, listener: Listener) {
    this.#api = api
    this.#listener = listener
  }

  /** Opens the thread of a page, or the thread itself, at its first page of comments. */
  async open(at: { url: string; thread: string; sort: string }, signal: AbortSignal): Promise<void> {
    const sort = at.sort || undefined
    if (at.thread) {
      const [thread, page] = await Promise.all([
        this.#api.thread(at.thread, signal),
        this.#api.comments(at.thread, { sort }, signal),
      ])
      this.thread = thread
      this.#begin(page)
    } else {
      const { thread, edition, comments } = await this.#api.lookup(at.url, sort, signal)
      this.thread = thread
      this.edition = edition?.locale
      this.#begin(comments ?? { results: [], next: null })
    }
    this.sort = sort ?? this.thread.sorts[0] ?? ''
  }

  async sortBy(sort: string): Promise<void> {
    const { id } = this.thread
    const [page, thread] = await Promise.all([
      this.#api.comments(id, { sort }), this.arrived ? this.#api.thread(id) : this.thread,
    ])
    this.thread = { ...thread, prompt: this.thread.prompt }
    this.sort = sort
    this.#begin(page)
    this.#listener.changed()
    await this.refreshOwn()
  }

  /** How many comments came since these were fetched, this reader's own not counted. */
  get arrived(): number {
    const waiting = [...this.#own.values()].filter(({ status }) => status === 'screening')
    return Math.max(0, this.#told - this.thread.comment_count - waiting.length)
  }

  /** Others told this page how many comments there are now. */
  hear(count: number): void {
    this.#told = count
    this.#toldAt = performance.now()
    this.#listener.changed()
  }

  /**
   * Fetches what came since and puts new comments first, whatever the sort: they are what was asked
   * for. Returns the first that is new, if it is among those that can be shown here.
   */
  async refresh(): Promise<string | undefined> {
    const { id, prompt } = this.thread
    const { arrived } = this
    await later(this.#toldAt + ANSWERS_KEPT_MS - performance.now())
    const [thread, page] = await Promise.all([
      this.#api.thread(id), this.#api.comments(id, { sort: 'newest' }),
    ])
    const before = new Set([...this.#comments.keys(), ...this.#own.keys()])
    const fresh = newcomers(page.results, this.#comments, this.#own, arrived)
    const grown = page.results.filter(root => root.reply_count > (this.#comments.get(root.id)?.reply_count ?? Infinity))
    const whole = grown.filter(root => !this.#replies.get(root.id)?.next)
    this.thread = { ...thread, prompt }
    this.#roots = [...this.#take(fresh), ...this.#roots]
    for (const root of grown) this.#grow(root)
    this.#listener.changed()
    await Promise.all(whole.slice(0, GROWN_MOST).map(root => this.moreReplies(root.id)))
    await this.refreshOwn([...fresh, ...grown])
    return [...this.#comments.keys()].find(comment => !before.has(comment))
  }

  /** Fetches the next page; returns the first comment that came with it. */
  async more(): Promise<string | undefined> {
    if (!this.next) return undefined
    const page = await this.#api.comments(this.thread.id, { sort: this.sort, cursor: this.next })
    this.next = page.next
    return this.#add(page)
  }

  /** The same for the page before. */
  async before(): Promise<string | undefined> {
    if (!this.previous) return undefined
    const cursor = this.previous
    const page = await this.#api.comments(this.thread.id, { sort: this.sort, cursor })
    this.previous = page.previous ?? null
    return this.#add(page, { above: true })
  }

  /** Goes to the page on which a comment stands, unless it is shown already. */
  async goTo(id: string | undefined): Promise<void> {
    if (!id || this.#comments.has(id) || this.#own.has(id)) return
    const page = await this.#api.context(this.thread.id, id, this.sort).catch(() => null)
    if (!page) return // It is gone: what is shown stays.
    this.#begin(page)
    this.#listener.changed()
    await this.refreshOwn()
  }

  /** Fetches more replies of a top-level comment; returns the first that came. */
  async moreReplies(root: string): Promise<string | undefined> {
    const branch = this.#replies.get(root)
    if (!branch?.next) return undefined
    const page = await this.#api.replies(this.thread.id, root, branch.next)
    branch.next = page.next
    for (const reply of page.results) {
      this.#comments.set(reply.id, reply)
      branch.ids.add(reply.id)
    }
    this.#listener.changed()
    await this.refreshOwn(page.results)
    return page.results[0]?.id
  }

  branches(): Branch[] {
    const fresh = [...this.#own.values()].filter(own => !own.parent && !this.#comments.has(own.id))
    const roots = this.#roots.map(id => this.#shown(id))
    return placed(roots, fresh.map(own => this.#shown(own.id)), this.sort)
      .map(root => this.#branch(root))
      .filter(({ root, replies, more }) => !isTombstone(root.comment) || replies.length || more)
  }

  /** What belongs to this reader in the given comments; in all that are shown, if none are named. */
  async refreshOwn(comments: Comment[] = [...this.#comments.values()]): Promise<void> {
    if (!this.#api.token) return
    const ids = comments.flatMap(({ id, replies }) => [id, ...(replies?.results ?? []).map(r => r.id)])
    const begun = this.#deeds
    const overlay = await this.#api.overlay(this.thread.id, [...new Set(ids)])
    for (const id of ids) {
      if ((this.#lastOn.get(id) ?? 0) > begun) continue // Done meanwhile: the answer may be older.
      this.#votes.set(id, overlay.votes[id] ?? 0)
      this.#reactions.set(id, new Set(overlay.reactions[id]))
    }
    this.#muted = new Set(overlay.muted)
    for (const own of overlay.own) {
      if (own.status === 'screening' && !this.#own.has(own.id)) void this.#follow(own.id)
      this.#own.set(own.id, own)
    }
    this.#listener.changed()
  }

  /** What was the last reader's own is nobody's business any more. */
  forgetOwn(): void {
    this.#own.clear()
    this.#waiting.clear()
    this.#votes.clear()
    this.#reactions.clear()
    this.#muted.clear()
    this.#listener.changed()
  }

  async post(body: string, parent: string | null, idempotencyKey: string): Promise<OwnComment> {
    const draft = {
      body, ...(parent && { parent }), ...(this.edition && { edition: this.edition }),
    }
    const own = await this.#api.post(this.thread.id, draft, idempotencyKey)
    // Under the same key the server answers with the first comment again: it is counted once.
    if (own.status === 'published' && !this.#own.has(own.id)) this.thread.comment_count += 1
    this.#keep(own)
    return own
  }

  async edit(id: string, body: string): Promise<OwnComment> {
    const before = this.#shown(id)
    const own = await this.#api.edit(this.thread.id, id, body)
    const inForce = own.status !== 'published' || own.body_html !== before.body_html
    if (!inForce) this.#waiting.add(id)
    this.#keep(own)
    return own
  }

  async withdraw(comment: Comment): Promise<void> {
    await this.#api.withdraw(this.thread.id, comment.id)
    if (comment.status === 'published') this.thread.comment_count -= 1
    const own = this.#own.get(comment.id) ?? { ...comment, body: '', reasons: [], edit_until: null }
    this.#own.set(comment.id, { ...own, status: 'withdrawn' })
    this.#listener.changed()
  }

  /** Shows the vote at once and takes it back if the server refuses. Votes on one comment queue. */
  async vote(id: string, value: VoteValue): Promise<void> {
    const before = this.#votes.get(id) ?? 0
    this.#count(id, before, value)
    await this.#send(id, () => this.#api.vote(this.thread.id, id, value)).catch(problem => {
      if (this.#votes.get(id) === value) this.#count(id, value, before)
      throw problem
    })
  }

  /** Shows the reaction, or its end, at once and takes that back if the server refuses. */
  async react(id: string, kind: string, on: boolean): Promise<void> {
    if (this.#has(id, kind) === on) return
    this.#countReaction(id, kind, on)
    const send = () => this.#api.react(this.thread.id, id, kind, on)
    await this.#send(`${id} ${kind}`, send).catch(problem => {
      if (this.#has(id, kind) === on) this.#countReaction(id, kind, !on)
      throw problem
    })
  }

  report(id: string, reason: FlagReason, detail: string): Promise<void> {
    return this.#api.flag(this.thread.id, id, reason, detail)
  }

  /** Folds an author's comments away, or opens them again; every comment of theirs follows. */
  async mute(author: string, on: boolean): Promise<void> {
    await this.#api.mute(author, on)
    if (on) this.#muted.add(author)
    else this.#muted.delete(author)
    this.#listener.changed()
  }

  async preview(body: string): Promise<string> {
    return (await this.#api.render(body)).body_html
  }

  #send(about: string, send: () => Promise<unknown>): Promise<unknown> {
    const sent = (this.#sending.get(about) ?? Promise.resolve()).catch(() => {}).then(send)
    this.#sending.set(about, sent)
    return sent
  }

  #begin(page: Page<Comment>): void {
    this.#roots = []
    this.#replies.clear()
    this.#comments.clear()
    this.next = page.next
    this.previous = page.previous ?? null
    this.#roots = this.#take(page.results)
  }

  /** Returns the first comment that was not there before. */
  async #add(page: Page<Comment>, { above } = { above: false }): Promise<string | undefined> {
    const fresh = this.#take(page.results)
    this.#roots = above ? [...fresh, ...this.#roots] : [...this.#roots, ...fresh]
    this.#listener.changed()
    await this.refreshOwn(page.results)
    return fresh[0]
  }

  /** Keeps what top-level comments bring; returns the ids of those that were not there. */
  #take(roots: Comment[]): string[] {
    const shown = new Set(this.#roots)
    for (const comment of roots) {
      const replies = comment.replies ?? { results: [], next: null }
      for (const known of [comment, ...replies.results]) this.#comments.set(known.id, known)
      const ids = new Set(replies.results.map(reply => reply.id))
      this.#replies.set(comment.id, { ids, next: replies.next })
    }
    return roots.map(comment => comment.id).filter(id => !shown.has(id))
  }

  /** A top-level comment has more replies than were known: those that came along are added. */
  #grow(root: Comment): void {
    const replies = root.replies ?? { results: [], next: null }
    const branch = this.#replies.get(root.id)
    for (const known of [root, ...replies.results]) this.#comments.set(known.id, known)
    for (const reply of replies.results) branch?.ids.add(reply.id)
    if (branch) branch.next ??= replies.next
  }

  #shown(id: string): Comment {
    return shownTo(this.#own.get(id), this.#comments.get(id))
  }

  #branch(root: Comment): Branch {
    const fetched = this.#replies.get(root.id) ?? { ids: new Set<string>(), next: null }
    const own = [...this.#own.values()].filter(mine => mine.root === root.id && mine.parent)
    const ids = new Set([...fetched.ids, ...own.map(mine => mine.id)])
    const replies = inReadingOrder([...ids].map(id => this.#shown(id)), root.id)
    const counted = [...fetched.ids].filter(id => this.#comments.get(id)?.status === 'published')
    return {
      root: this.#entry(root),
      replies: withoutBareTombstones(replies).map(reply => this.#entry(reply)),
      more: fetched.next ? Math.max(1, root.reply_count - counted.length) : 0,
    }
  }

  #entry(comment: Comment): Entry {
    const nested = comment.parent && comment.parent !== comment.root
    const parent = nested ? this.#author(comment.parent!) : null
    return {
      comment,
      own: this.#own.get(comment.id),
      editWaiting: this.#waiting.has(comment.id),
      vote: this.#votes.get(comment.id) ?? 0,
      reacted: this.#reactions.get(comment.id) ?? NONE,
      muted: !!comment.author && this.#muted.has(comment.author.id),
      inReplyTo: comment.answers?.author?.name ?? parent,
    }
  }

  #author(id: string): string | null {
    const known = this.#own.get(id) ?? this.#comments.get(id)
    return known?.author?.name ?? null
  }

  #keep(own: OwnComment): void {
    this.#own.set(own.id, own)
    this.#listener.changed()
    if (this.#undecided(own)) void this.#follow(own.id)
  }

  #undecided(own: OwnComment): boolean {
    if (own.status === 'screening') return true
    const before = this.#own.get(own.id)
    return this.#waiting.has(own.id) && own.body_html === before?.body_html
  }

  #count(id: string, from: VoteValue, to: VoteValue): void {
    this.#votes.set(id, to)
    this.#lastOn.set(id, ++this.#deeds)
    const moved = (n: number, value: VoteValue) => n + Number(to === value) - Number(from === value)
    this.#change(id, comment => {
      if (!comment.votes) return comment
      const votes = { up: moved(comment.votes.up, 1), down: moved(comment.votes.down, -1) }
      return { ...comment, votes }
    })
  }

  #has(id: string, kind: string): boolean {
    return !!this.#reactions.get(id)?.has(kind)
  }

  #countReaction(id: string, kind: string, on: boolean): void {
    const kinds = new Set(this.#reactions.get(id))
    if (on) kinds.add(kind)
    else kinds.delete(kind)
    this.#reactions.set(id, kinds)
    this.#lastOn.set(id, ++this.#deeds)
    this.#change(id, comment => {
      if (!comment.reactions) return comment
      const count = (comment.reactions[kind] ?? 0) + (on ? 1 : -1)
      return { ...comment, reactions: { ...comment.reactions, [kind]: Math.max(0, count) } }
    })
  }

  /** In all versions of a comment that are known. */
  #change(id: string, changed: (comment: Comment) => Comment): void {
    for (const known of [this.#comments, this.#own] as Map<string, Comment>[]) {
      const comment = known.get(id)
      if (comment) known.set(id, changed(comment))
    }
    this.#listener.changed()
  }

  /** Asks every two seconds, for a minute at most, what became of a post or edit being screened. */
  async #follow(id: string): Promise<void> {
    for (let polls = 0; polls < POLLS_MOST; polls += 1) {
      await later(POLL_MS)
      const before = this.#own.get(id)
      if (!before || !this.#undecided(before) || !this.#api.token) return
      try {
        const now = await this.#verdict(id)
        if (!now || this.#undecided(now)) continue
        this.#waiting.delete(id)
        if (before.status !== 'published' && now.status === 'published' && !this.#comments.has(id)) this.thread.comment_count += 1
        this.#own.set(id, now)
        this.#listener.changed()
        this.#listener.decided(now)
        return
      } catch (problem) {
        if (!(problem instanceof Problem && problem.passing)) return
      }
    }
  }

  async #verdict(id: string): Promise<OwnComment | undefined> {
    const { own } = await this.#api.overlay(this.thread.id, [id])
    const listed = own.find(mine => mine.id === id)
    const before = this.#own.get(id)
    if (listed || !before) return listed
    // Published a while ago: the overlay no longer lists it, the public pages do.
    return { ...before, ...(await this.#api.comment(this.thread.id, id)) }
  }
}
