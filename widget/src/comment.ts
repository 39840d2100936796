import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import './composer.ts'
import type { Entry } from './conversation.ts'
import { arrowDown, arrowUp } from './icons.ts'
import { sentence } from './problem.ts'
import './report.ts'
import { ago, exactly } from './times.ts'
import { isTombstone } from './tree.ts'
import { trusted } from './trusted.ts'
import type { OwnComment, ReactionKind, VoteValue } from './types.ts'
import { announce, initial, type Ui } from './ui.ts'

type Panel = 'reply' | 'edit' | 'withdraw' | 'report' | 'mute'

/**
 * One comment and what can be done with it. Internal; lives in the thread's shadow tree and takes
 * its styles from there.
 */
@customElement('colloquy-comment')
export class CommentElement extends LitElement {
  @property({ attribute: false }) accessor ui!: Ui
  @property({ attribute: false }) accessor entry!: Entry

  @state() accessor #panel: Panel | null = null
  @state() accessor #problem: string | null = null
  @state() accessor #reported = false
  @state() accessor #revealed = false
  @state() accessor #pictureless = false
  #html: string | null = null
  #body: DocumentFragment | null = null

  protected override createRenderRoot(): HTMLElement {
    return this
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const html = this.entry.comment.body_html
    if (changed.has('entry') && html !== this.#html) {
      this.#html = html
      this.#body = html === null ? null : trusted(html)
    }
  }

  protected override updated(): void {
    const place = this.querySelector(':scope > article > .body')
    if (!this.#body || !place) return
    place.replaceChildren(this.#body)
    this.#body = null
  }

  protected override render() {
    const { comment, muted } = this.entry
    if (isTombstone(comment)) return this.#tombstone()
    if (muted && !this.#revealed) return this.#mutedLine()
    return html`
      <article
        id="comment-${comment.id}"
        class=${comment.status === 'published' ? '' : 'unpublished'}
        part="comment"
        tabindex="-1"
        aria-label=${comment.author?.name ?? ''}
      >
        ${this.#header()} ${this.#state()}
        <div class="body" part="body" dir="auto" lang=${comment.language ?? nothing}></div>
        ${this.#panel === 'edit' ? this.#editor() : this.#actions()}
        ${this.#problem
          ? html`<p class="notice" part="notice" role="alert">${this.#problem}</p>`
          : nothing}
        ${this.#openPanel()}
      </article>
    `
  }

  #tombstone() {
    const { messages } = this.ui
    const { comment } = this.entry
    return html`
      <article id="comment-${comment.id}" class="tombstone" part="comment tombstone" tabindex="-1">
        <p>${comment.status === 'withdrawn' ? messages.withdrawn : messages.removed}</p>
      </article>
    `
  }

  #mutedLine() {
    const { messages } = this.ui
    return html`
      <article id="comment-${this.entry.comment.id}" class="tombstone" part="comment" tabindex="-1">
        <p>
          ${messages.muted}
          <button class="quiet" @click=${() => (this.#revealed = true)}>${messages.showOnce}</button>
          <button class="quiet" @click=${() => this.#mute(false)}>${messages.unmute}</button>
        </p>
        ${this.#problem
          ? html`<p class="notice" part="notice" role="alert">${this.#problem}</p>`
          : nothing}
      </article>
    `
  }

  #header() {
    const { messages, language } = this.ui
    const { comment, inReplyTo } = this.entry
    const when = exactly(comment.created_at, language)
    return html`
      <header class="byline">
        ${this.#avatar()} ${this.#name()}
        ${comment.author?.badges.map(badge => html`
          <span class="badge" part="badge">${badge === 'staff' ? messages.staff : badge}</span>
        `)}
        ${this.#mine ? html`<span class="mark">${messages.you}</span>` : nothing}
        ${inReplyTo ? html`<span class="answers">${messages.inReplyTo(inReplyTo)}</span>` : nothing}
        <a class="time" part="time" href="#comment-${comment.id}" title=${when}>
          <time datetime=${comment.created_at}>${ago(comment.created_at, language)}</time>
        </a>
        ${comment.edited_at
          ? html`<span class="mark" title=${exactly(comment.edited_at, language)}>${messages.edited}</span>`
          : nothing}
      </header>
    `
  }

  /** Their picture, or what stands for it: it says nothing that the name beside it does not. */
  #avatar() {
    const { name, avatar_url } = this.entry.comment.author!
    if (!avatar_url || this.#pictureless) {
      return html`<span class="avatar" part="avatar" aria-hidden="true">${initial(name)}</span>`
    }
    return html`<img class="avatar" part="avatar" src=${avatar_url} alt="" width="24" height="24"
      loading="lazy" decoding="async" @error=${() => (this.#pictureless = true)}>`
  }

  #name() {
    const { name, page_url } = this.entry.comment.author!
    const shown = html`<bdi class="author" part="author">${name}</bdi>`
    return page_url
      ? html`<a class="author-page" href=${page_url} target="_blank" rel="noopener">${shown}</a>`
      : shown
  }

  /** What only its author needs to know about a comment. */
  #state() {
    const { messages } = this.ui
    const { comment, own, editWaiting } = this.entry
    const words: Record<string, string> = {
      screening: messages.screening, held: messages.held, rejected: messages.rejected,
    }
    const sentence = editWaiting ? messages.editWaiting : words[comment.status]
    if (!own || !sentence) return nothing
    return html`
      <div class="state" part="state">
        <p>${sentence}</p>
        ${own.reasons.length
          ? html`<ul>${own.reasons.map(reason => html`<li>${reason.text}</li>`)}</ul>`
          : nothing}
      </div>
    `
  }

  #actions() {
    const { messages, open } = this.ui
    const { comment } = this.entry
    const published = comment.status === 'published'
    return html`
      <div class="row actions" part="actions">
        ${published && comment.votes ? this.#votes(comment.votes) : nothing}
        ${published && comment.reactions ? this.#reactions(comment.reactions) : nothing}
        ${published && open ? this.#button('reply', messages.reply) : nothing}
        ${this.#mine && this.#editable ? this.#button('edit', messages.edit) : nothing}
        ${this.#mine ? this.#button('withdraw', messages.withdraw) : nothing}
        ${published && !this.#mine ? this.#reportButton() : nothing}
        ${published && !this.#mine && !this.entry.muted ? this.#button('mute', messages.mute) : nothing}
        ${this.entry.muted
          ? html`<button class="quiet" @click=${() => this.#mute(false)}>${messages.unmute}</button>`
          : nothing}
      </div>
    `
  }

  /** Two buttons; to its author, who has no vote on it, two numbers. */
  #votes({ up, down }: { up: number; down: number }) {
    const { messages } = this.ui
    if (this.#mine && !up && !down) return nothing
    return html`
      <span class="votes">
        ${this.#voteFor(1, up, messages.voteUp(up), arrowUp)}
        ${this.#voteFor(-1, down, messages.voteDown(down), arrowDown)}
      </span>
    `
  }

  #voteFor(value: VoteValue, count: number, label: string, icon: TemplateResult) {
    const number = count ? new Intl.NumberFormat(this.ui.language).format(count) : nothing
    if (this.#mine) return count ? html`<span class="vote" part="vote">${icon}${number}</span>` : nothing
    return html`
      <button
        class="vote"
        part="vote"
        aria-pressed=${this.entry.vote === value}
        aria-label=${label}
        title=${label}
        @click=${() => this.#vote(value)}
      >
        ${icon}<span>${number}</span>
      </button>
    `
  }

  /** A button for each kind that the site offers; to its author what others think of it. */
  #reactions(counts: Record<string, number>) {
    const { messages, conversation } = this.ui
    const offered = conversation.thread.reactions.filter(({ kind }) => !this.#mine || counts[kind]! > 0)
    if (!offered.length) return nothing
    return html`
      <span class="reactions" part="reactions" role="group" aria-label=${messages.reactions}>
        ${offered.map(each => this.#reaction(each, counts[each.kind] ?? 0))}
      </span>
    `
  }

  #reaction({ kind, emoji, label }: ReactionKind, count: number) {
    const name = this.ui.messages.reaction(label, count)
    const number = count ? new Intl.NumberFormat(this.ui.language).format(count) : nothing
    const shown = html`<span class="emoji" aria-hidden="true">${emoji}</span><span aria-hidden="true">${number}</span>`
    if (this.#mine) {
      return html`<span class="reaction" part="reaction" title=${label}>
        <span class="hidden">${name}</span>${shown}
      </span>`
    }
    return html`
      <button
        class=${count ? 'reaction' : 'reaction unchosen'}
        part="reaction"
        aria-pressed=${this.entry.reacted.has(kind)}
        aria-label=${name}
        title=${label}
        @click=${() => this.#react(kind)}
      >
        ${shown}
      </button>
    `
  }

  #button(panel: Panel, label: string) {
    return html`
      <button
        class="quiet"
        data-panel=${panel}
        aria-expanded=${this.#panel === panel}
        @click=${() => this.#toggle(panel)}
      >
        ${label}
      </button>
    `
  }

  #reportButton() {
    const { messages } = this.ui
    return this.#reported
      ? html`<span class="mark">${messages.reported}</span>`
      : this.#button('report', messages.report)
  }

  #openPanel() {
    const { comment } = this.entry
    if (this.#panel === 'withdraw') return this.#withdrawQuestion()
    if (this.#panel === 'mute') return this.#muteQuestion()
    if (this.#panel === 'report') {
      return html`<colloquy-report .ui=${this.ui} .comment=${comment.id} .done=${this.#afterReport}>
      </colloquy-report>`
    }
    if (this.#panel !== 'reply') return nothing
    const parent = { id: comment.id, name: comment.author?.name ?? '' }
    return html`<colloquy-composer .ui=${this.ui} .parent=${parent} .done=${this.#afterReply}>
    </colloquy-composer>`
  }

  #editor() {
    return html`<colloquy-composer .ui=${this.ui} .edited=${this.entry.own} .done=${this.#afterEdit}>
    </colloquy-composer>`
  }

  #withdrawQuestion() {
    const { messages } = this.ui
    return html`
      <div class="question" role="group" aria-label=${messages.withdraw}>
        <p>${messages.withdrawQuestion}</p>
        <div class="row">
          <button class="danger" part="button" @click=${this.#withdraw}>${messages.withdrawYes}</button>
          <button class="quiet" @click=${() => this.#close()}>${messages.withdrawNo}</button>
        </div>
      </div>
    `
  }

  #muteQuestion() {
    const { messages } = this.ui
    return html`
      <div class="question" role="group" aria-label=${messages.mute}>
        <p>${messages.muteQuestion(this.entry.comment.author?.name ?? '')}</p>
        <div class="row">
          <button part="button" @click=${() => this.#mute(true)}>${messages.mute}</button>
          <button class="quiet" @click=${() => this.#close()}>${messages.cancel}</button>
        </div>
      </div>
    `
  }

  get #mine(): boolean {
    const { comment, own } = this.entry
    return !!own || (!!this.ui.me && comment.author?.id === this.ui.me.id)
  }

  get #editable(): boolean {
    const until = this.entry.own?.edit_until
    return !!until && Date.parse(until) > Date.now()
  }

  #toggle(panel: Panel): void {
    if (this.#panel === panel) return void this.#close()
    const open = () => {
      this.#panel = panel
    }
    this.#problem = null
    if (this.ui.me) open()
    else this.#problem = this.ui.signIn(open)
  }

  /** Closes what is open and gives the focus back to the button that opened it. */
  async #close(): Promise<void> {
    const panel = this.#panel
    this.#panel = null
    await this.updateComplete
    this.querySelector<HTMLElement>(`[data-panel=${panel}]`)?.focus()
  }

  #afterReply = (stored: OwnComment | null): void => {
    if (!stored) return void this.#close()
    this.#panel = null
    announce(this, 'colloquy:posted', { id: stored.id, status: stored.status })
    this.ui.stored(stored)
    this.ui.show(stored.id)
  }

  #afterEdit = (stored: OwnComment | null): void => {
    void this.#close()
    if (stored) this.ui.stored(stored)
  }

  #afterReport = (sent: boolean): void => {
    if (!sent) return void this.#close()
    this.#reported = true
    this.#panel = null
    this.ui.say(this.ui.messages.reportThanks)
    this.querySelector<HTMLElement>('article')?.focus()
  }

  /** The same button again takes the vote back; after signing in it is always cast. */
  #vote(pressed: VoteValue): void {
    const cast = (value: VoteValue) =>
      void this.#attempt(this.ui.conversation.vote(this.entry.comment.id, value))
    if (this.ui.me) cast(this.entry.vote === pressed ? 0 : pressed)
    else this.#problem = this.ui.signIn(() => cast(pressed))
  }

  /** As for votes. */
  #react(kind: string): void {
    const react = (on: boolean) =>
      void this.#attempt(this.ui.conversation.react(this.entry.comment.id, kind, on))
    if (this.ui.me) react(!this.entry.reacted.has(kind))
    else this.#problem = this.ui.signIn(() => react(true))
  }

  /** The focus stays on what is left here: the tombstone, or a neighbour. */
  async #withdraw(): Promise<void> {
    const { comment } = this.entry
    const neighbours = this.#neighbours()
    await this.#attempt(this.ui.conversation.withdraw(comment))
    this.#panel = null
    if (this.#problem) return
    this.ui.say(this.ui.messages.withdrawn)
    this.ui.show(comment.id, ...neighbours)
  }

  /** The focus stays on what this comment has become. */
  async #mute(on: boolean): Promise<void> {
    const { comment } = this.entry
    await this.#attempt(this.ui.conversation.mute(comment.author!.id, on))
    if (this.#problem) return
    this.#panel = null
    this.#revealed = false
    this.ui.show(comment.id)
  }

  /** The comments after and before this one, as the reader sees them. */
  #neighbours(): string[] {
    const all = [...(this.getRootNode() as ShadowRoot).querySelectorAll<CommentElement>('colloquy-comment')]
    const place = all.indexOf(this)
    return [all[place + 1], all[place - 1]].flatMap(near => near?.entry.comment.id ?? [])
  }

  async #attempt(work: Promise<unknown>): Promise<void> {
    this.#problem = null
    try {
      await work
    } catch (problem) {
      this.#problem = sentence(problem, this.ui.messages)
    }
  }
}
