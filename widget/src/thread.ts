import { html, LitElement, nothing, type PropertyValues } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import { repeat } from 'lit/directives/repeat.js'
import { Api } from './api.ts'
import './comment.ts'
import './composer.ts'
import { Conversation, type Branch, type Entry } from './conversation.ts'
import { languageOf } from './language.ts'
import { Live } from './live.ts'
import { messagesFor, spoken, type Messages } from './messages/messages.ts'
import { scriptOrigin } from './origin.ts'
import { Problem, sentence } from './problem.ts'
import { Session } from './session.ts'
import { styles } from './styles/styles.ts'
import type { Me, OwnComment } from './types.ts'
import { announce, type Ui } from './ui.ts'

const SLOW_MS = 5_000
const MINUTE_MS = 60_000
const SPOKEN_MS = 5_000

type Phase = 'loading' | 'slow' | 'ready' | 'failed' | 'missing'

/**
 * `<colloquy-thread url="…">` shows a page's conversation and lets readers take part. Fires
 * `colloquy:ready` with `{count}`, `colloquy:posted` with `{id, status}`, `colloquy:signin` with
 * `{id, name}`, and before it signs anybody in `colloquy:signin-request`, which a page may take over.
 * README.md lists its attributes, properties and parts.
 */
@customElement('colloquy-thread')
export class ThreadElement extends LitElement {
  static override styles = styles

  /** The page's address; the one being read, if empty. Ignored where `thread` is given. */
  @property() accessor url = ''
  @property() accessor thread = ''
  @property() override accessor lang = ''
  @property() accessor sort = ''
  @property() accessor api = scriptOrigin
  /** The publisher's signed word on who reads; '' where they sign readers in and nobody is. */
  @property({ attribute: 'sso-token' }) accessor ssoToken: string | null = null

  @state() accessor #phase: Phase = 'loading'
  @state() accessor #problem: unknown = null
  /** Where comments are being fetched, or could not be: `sort`, `above`, `more`, or a root's id. */
  @state() accessor #fetching: string | null = null
  @state() accessor #failure: { at: string; problem: unknown } | null = null
  @state() accessor #signInProblem = ''
  @state() accessor #spoken = ''
  /** The first of comments that were put above what is being read. */
  @state() accessor #above: string | null = null
  /** What was told as new is nowhere on this page. */
  @state() accessor #elsewhere = false
  #conversation!: Conversation
  #session: Session | null = null
  #live: Live | null = null
  #afterSignIn: (() => void) | null = null
  #lastReader = ''
  #opening = new AbortController()
  #clock: ReturnType<typeof setInterval> | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('hashchange', this.#toTarget)
    this.#clock = setInterval(() => this.requestUpdate(), MINUTE_MS)
    if (this.hasUpdated) void this.#open()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('hashchange', this.#toTarget)
    clearInterval(this.#clock)
    this.#opening.abort()
    this.#session?.end()
    this.#live?.end()
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('url') || changed.has('thread') || changed.has('api')) void this.#open()
    else if (changed.has('sort') && this.#phase === 'ready') void this.#sortBy(this.sort)
    if (changed.has('ssoToken') && this.hasUpdated) void this.#session?.takeUp(this.ssoToken ?? '')
  }

  protected override render() {
    const messages = this.#messages
    return html`
      <div class="root" part="thread" lang=${this.#language}>
        <p class="hidden" role="status">${this.#spoken}</p>
        ${this.#contents(messages)}
      </div>
    `
  }

  #contents(messages: Messages) {
    if (this.#phase === 'ready') return this.#shown(this.#ui(messages))
    if (this.#phase === 'missing') return html`<p class="aside">${messages.missing}</p>`
    if (this.#phase !== 'failed') return this.#skeleton(messages)
    return html`
      <div class="notice" part="notice" role="alert">
        <p>${sentence(this.#problem, messages)}</p>
        <button class="quiet" @click=${() => this.#open()}>${messages.retry}</button>
      </div>
    `
  }

  #skeleton(messages: Messages) {
    return html`
      <div class="skeleton" aria-busy="true">
        <span class="hidden">${messages.loading}</span>
        <div class="box"></div>
        <p class="aside" role="status">${this.#phase === 'slow' ? messages.stillLoading : nothing}</p>
        ${[1, 2, 3].map(() => html`<div class="line"></div><div class="lines"></div>`)}
      </div>
    `
  }

  #shown(ui: Ui) {
    const { messages } = ui
    const branches = this.#conversation.branches()
    return html`
      ${ui.open
        ? html`<p class="prompt" part="prompt">${ui.conversation.thread.prompt || messages.prompt}</p>
            <colloquy-composer .ui=${ui} .done=${this.#afterPost}></colloquy-composer>`
        : html`<p class="aside closed">${messages.closed}</p>`}
      ${this.#signInProblem
        ? html`<p class="notice" part="notice" role="alert">${this.#signInProblem}</p>`
        : nothing}
      ${this.#account(ui)} ${branches.length ? this.#bar(ui) : nothing}
      ${this.#failureAt('sort', messages)} ${this.#failureAt('new', messages)}
      ${branches.length ? this.#news(messages) : nothing}
      ${this.#conversation.previous
        ? html`<button class="more" part="more" aria-disabled=${!!this.#fetching} @click=${this.#fetchAbove}>
            ${this.#fetching === 'above' ? messages.loading : messages.commentsAbove}
          </button>`
        : nothing}
      ${this.#failureAt('above', messages)}
      ${branches.length
        ? html`<ol class="comments" role="list" aria-label=${messages.thoughts} aria-busy=${!!this.#fetching}>
            ${repeat(branches, ({ root }) => root.comment.id, branch => this.#branch(branch, ui))}
          </ol>`
        : this.#conversation.arrived
          ? html`<p class="aside empty">${this.#newsButton(messages)}</p>`
          : html`<p class="aside empty">${ui.open ? messages.empty : messages.emptyClosed}</p>`}
      ${this.#failureAt('more', messages)}
      ${this.#conversation.next
        ? html`<button class="more" part="more" aria-disabled=${!!this.#fetching} @click=${this.#more}>
            ${this.#fetching === 'more' ? messages.loading : messages.moreComments}
          </button>`
        : nothing}
      <p class="brand" part="brand">${messages.brand}</p>
    `
  }

  /** What came since. It floats: what is being read stays where it is. */
  #news(messages: Messages) {
    if (this.#conversation.arrived || this.#above || this.#fetching === 'new') {
      return html`<div class="news">${this.#newsButton(messages)}</div>`
    }
    return this.#elsewhere ? html`<div class="news"><p>${messages.newElsewhere}</p></div>` : nothing
  }

  #newsButton(messages: Messages) {
    const { arrived } = this.#conversation
    const words = arrived ? messages.arrived(arrived) : messages.goToNew
    return html`
      <button part="new" aria-disabled=${!!this.#fetching} @click=${arrived ? this.#showNew : this.#goToNew}>
        ${this.#fetching === 'new' ? messages.loading : words}
      </button>
    `
  }

  #failureAt(at: string, messages: Messages) {
    if (this.#failure?.at !== at) return nothing
    return html`<p class="notice" part="notice" role="alert">
      ${sentence(this.#failure.problem, messages)}
    </p>`
  }

  #account({ me, messages }: Ui) {
    const profile = `${new URL(this.api, document.baseURI).origin}/accounts/profile/`
    if (!me) return nothing
    return html`
      <p class="account" part="account">
        <span>${messages.signedInAs(me.name)}</span>
        <a class="quiet" href=${profile} target="_blank" rel="noopener">${messages.profile}</a>
        ${this.#session?.bySso
          ? nothing
          : html`<button class="quiet" @click=${() => this.#session?.signOut().catch(() => {})}>
              ${messages.signOut}
            </button>`}
      </p>
    `
  }

  #bar({ messages }: Ui) {
    const { thread, sort } = this.#conversation
    const sorts = thread.sorts.filter(name => name in messages.sorts)
    return html`
      <div class="bar">
        <p class="count" part="count">${messages.count(thread.comment_count)}</p>
        <select
          class="quiet sorts"
          part="sort"
          aria-label=${messages.sortBy}
          .value=${live(sort)}
          @change=${({ target }: Event) => this.#sortBy((target as HTMLSelectElement).value)}
        >
          ${sorts.map(name => html`
            <option value=${name} ?selected=${name === sort}>${messages.sorts[name]}</option>
          `)}
        </select>
     </div>
    `
  }

  #branch({ root, replies, more }: Branch, ui: Ui) {
    const nested = (entry: Entry) => html`
      <li data-depth=${Math.min(entry.comment.depth, 5)}>
        <colloquy-comment .ui=${ui} .entry=${entry}></colloquy-comment>
      </li>
    `
    return html`
      <li>
        <colloquy-comment .ui=${ui} .entry=${root}></colloquy-comment>
        ${replies.length
          ? html`<ol class="replies" role="list">
              ${repeat(replies, ({ comment }) => comment.id, nested)}
            </ol>`
          : nothing}
        ${more
          ? html`<button class="quiet more-replies" part="more" @click=${() => this.#moreReplies(root)}>
              ${ui.messages.moreReplies(more)}
            </button>`
          : nothing}
        ${this.#failureAt(root.comment.id, ui.messages)}
      </li>
    `
  }

  get #language(): string {
    return spoken(languageOf(this))
  }

  get #messages(): Messages {
    return messagesFor(this.#language)
  }

  #ui(messages: Messages): Ui {
    return {
      conversation: this.#conversation,
      messages,
      language: this.#language,
      me: this.#session?.me ?? null,
      open: this.#conversation.thread.state === 'open',
      signIn: then => this.#signIn(then),
      say: words => this.#say(words),
      stored: own => this.#say(this.#outcome(own)),
      show: (...comments) => void this.#show(comments),
    }
  }

  async #open(): Promise<void> {
    this.#opening.abort()
    this.#session?.end()
    this.#session = null
    this.#live?.end()
    this.#above = null
    const { signal } = (this.#opening = new AbortController())
    this.#phase = 'loading'
    const slow = setTimeout(() => this.#phase === 'loading' && (this.#phase = 'slow'), SLOW_MS)
    const client = new Api(this.api)
    client.language = this.#language
    const conversation = new Conversation(client, {
      changed: () => this.requestUpdate(),
      decided: own => this.#say(this.#outcome(own)),
    })
    try {
      const { thread, sort } = this
      const url = this.url || location.href.replace(/#.*/, '')
      await conversation.open({ url, thread, sort }, signal)
      await conversation.goTo(pointedAt())
    } catch (problem) {
      if (signal.aborted) return
      this.#problem = problem
      this.#phase = problem instanceof Problem && problem.status === 404 ? 'missing' : 'failed'
      return
    } finally {
      clearTimeout(slow)
    }
    this.#conversation = conversation
    this.#phase = 'ready'
    announce(this, 'colloquy:ready', { count: conversation.thread.comment_count })
    void this.#toTarget()
    this.#live = new Live(client, conversation.thread, count => this.#hear(count))
    this.#session = new Session(client, conversation.thread.site, {
      signedIn: me => void this.#signedIn(me),
      signedOut: () => conversation.forgetOwn(),
      sessionEnded: () => {
        if (this.#session?.bySso) this.#askPage({ ended: true })
        this.requestUpdate() // What is on the screen stays: text may be in it.
      },
      signInFailed: () => (this.#signInProblem = this.#messages.signInFailed),
    })
    await this.#session.begin(this.ssoToken)
  }

  async #signedIn(me: Me): Promise<void> {
    if (this.#lastReader && this.#lastReader !== me.id) this.#conversation.forgetOwn()
    this.#lastReader = me.id
    this.#signInProblem = ''
    this.requestUpdate()
    await this.#conversation.refreshOwn().catch(() => {})
    await this.updateComplete
    const then = this.#afterSignIn
    this.#afterSignIn = null
    if (!then) return
    announce(this, 'colloquy:signin', { id: me.id, name: me.name })
    this.#say(this.#messages.signedInAs(me.name))
    then()
  }

  #outcome({ status }: OwnComment): string {
    const { posted, screening, held, rejected } = this.#messages
    return { published: posted, screening, held, rejected }[status as string] ?? ''
  }

  #signIn(then: () => void): string | null {
    this.#afterSignIn = then
    if (this.#askPage({ ended: false })) return null
    const opening = this.#session?.open() ?? 'insecure'
    if (opening === 'opened') return null
    return opening === 'blocked' ? this.#messages.windowBlocked : this.#messages.insecurePage
  }

  /** Whether the page signs its reader in by itself: it then sets `ssoToken`, now or later. */
  #askPage(detail: { ended: boolean }): boolean {
    return announce(this, 'colloquy:signin-request', detail, true)
  }

  #afterPost = (stored: OwnComment | null): void => {
    if (!stored) return
    announce(this, 'colloquy:posted', { id: stored.id, status: stored.status })
    this.#say(this.#outcome(stored))
    void this.#show([stored.id])
  }

  async #sortBy(sort: string): Promise<void> {
    if (!sort || sort === this.#conversation.sort) return
    await this.#fetch('sort', () => this.#conversation.sortBy(sort))
    this.sort = this.#conversation.sort
  }

  #hear(count: number): void {
    const before = this.#conversation.arrived
    this.#conversation.hear(count)
    const { arrived } = this.#conversation
    if (arrived && !before) this.#say(this.#messages.arrived(arrived))
  }

  /**
   * Fetches what is new. Where the list begins on the screen it is there then, with the focus on it;
   * else it stands above, what is being read keeps its place, and a button leads up.
   */
  #showNew = async (): Promise<void> => {
    if (this.#fetching) return
    const list = this.renderRoot.querySelector('.comments')
    const reading = list && list.getBoundingClientRect().top < 0 ? this.#atTheTop() : undefined
    const top = reading?.getBoundingClientRect().top ?? 0
    let first: string | undefined
    await this.#fetch('new', async () => {
      first = await this.#conversation.refresh()
      if (!reading) return first
      this.#above = first ?? null
      return undefined
    })
    if (this.#failure) return
    if (!first) return this.#sayElsewhere()
    if (!reading) return
    await this.updateComplete
    // Most browsers have kept the place by themselves when they have drawn.
    await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))
    scrollBy(0, reading.getBoundingClientRect().top - top)
    const seen = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return
      seen.disconnect()
      this.#above = null
    })
    seen.observe(this.#articleOf(first)!)
  }

  /** The comment that is read at the upper edge of the screen. */
  #atTheTop(): Element | undefined {
    const articles = [...this.renderRoot.querySelectorAll('article')]
    return articles.find(article => article.getBoundingClientRect().bottom > 0)
  }

  #goToNew = (): void => {
    const first = this.#above
    this.#above = null
    if (first) void this.#show([first])
  }

  #sayElsewhere(): void {
    this.#say(this.#messages.newElsewhere)
    this.#elsewhere = true
    setTimeout(() => (this.#elsewhere = false), SPOKEN_MS)
  }

  #fetchAbove(): Promise<void> {
    return this.#fetch('above', () => this.#conversation.before())
  }

  #more(): Promise<void> {
    return this.#fetch('more', () => this.#conversation.more())
  }

  #moreReplies({ comment }: Entry): Promise<void> {
    return this.#fetch(comment.id, () => this.#conversation.moreReplies(comment.id))
  }

  /** Fetches more comments and gives the first new one the focus; a failure is said in place. */
  async #fetch(at: string, fetch: () => Promise<string | undefined | void>): Promise<void> {
    if (this.#fetching) return
    this.#fetching = at
    this.#failure = null
    try {
      const first = await fetch()
      if (first) await this.#show([first], { scroll: false })
    } catch (problem) {
      this.#failure = { at, problem }
    } finally {
      this.#fetching = null
    }
  }

  /** Says it to screen readers, for a moment: the same words said again are then heard again. */
  #say(words: string): void {
    this.#spoken = words
    setTimeout(() => (this.#spoken = ''), SPOKEN_MS)
  }

  /** The focus goes to the first of these comments that is there; if none is, to the composer. */
  async #show(ids: string[], { scroll } = { scroll: true }): Promise<void> {
    await this.updateComplete
    await Promise.resolve()
    const articles = ids.map(id => this.#articleOf(id))
    const place = articles.find(article => article) ?? this.renderRoot.querySelector('textarea')
    if (scroll) place?.scrollIntoView({ block: 'nearest' })
    place?.focus({ preventScroll: true })
  }

  #articleOf(id: string): HTMLElement | null {
    return this.renderRoot.querySelector(`[id="comment-${CSS.escape(id)}"]`)
  }

  /** Marks the comment that the page's address points at, and fetches its page if need be. */
  #toTarget = async (): Promise<void> => {
    const id = pointedAt()
    if (id && this.#phase === 'ready') await this.#conversation.goTo(id)
    await this.updateComplete
    await Promise.resolve()
    for (const marked of this.renderRoot.querySelectorAll('.target')) marked.classList.remove('target')
    if (!id) return
    const article = this.renderRoot.querySelector<HTMLElement>(`[id="comment-${id}"]`)
    article?.closest('colloquy-comment')?.classList.add('target')
    article?.scrollIntoView({ block: 'center' })
    article?.focus({ preventScroll: true })
  }
}

/** The id of the comment that the page's address points at. */
function pointedAt(): string | undefined {
  return /^#comment-([\w-]+)$/.exec(location.hash)?.[1]
}
