import { html, LitElement, nothing, type PropertyValues } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { draftOf, keepDraft } from './drafts.ts'
import { Problem, sentence } from './problem.ts'
import { trusted } from './trusted.ts'
import type { OwnComment } from './types.ts'
import type { Ui } from './ui.ts'

/**
 * Where a comment is written: a new one, a reply (`parent`), or a change (`edited`).
 * Internal; lives in the thread's shadow tree and takes its styles from there.
 */
@customElement('colloquy-composer')
export class ComposerElement extends LitElement {
  @property({ attribute: false }) accessor ui!: Ui
  @property({ attribute: false }) accessor parent: { id: string; name: string } | null = null
  @property({ attribute: false }) accessor edited: OwnComment | null = null
  /** Called with the stored comment; with null when the reader gave up. */
  @property({ attribute: false }) accessor done: (stored: OwnComment | null) => void = () => {}

  @state() accessor #text = ''
  @state() accessor #preview: DocumentFragment | null = null
  @state() accessor #sending = false
  @state() accessor #problem: unknown = null
  @state() accessor #notice = ''
  @query('textarea') accessor #area!: HTMLTextAreaElement | null
  #key = ''
  #keyIsOf = ''

  protected override createRenderRoot(): HTMLElement {
    return this
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#text = this.edited ? this.edited.body : draftOf(this.#thread, this.#place)
  }

  protected override firstUpdated(): void {
    if (this.parent || this.edited) this.focus()
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('ui') && this.ui.me) this.#forgetSessionProblem()
  }

  override focus(): void {
    this.#area?.focus()
  }

  /** Whether there is anything here that must not be lost. */
  get holdsText(): boolean {
    return this.#text.trim() !== ''
  }

  protected override render() {
    const { messages, me } = this.ui
    if (!me && !this.holdsText) return this.#invitation()
    return html`
      <form class="composer" part="composer" @submit=${this.#submit} @keydown=${this.#shortcut}>
        ${this.#preview ? this.#shownPreview() : this.#field()}
        ${this.#problem || this.#notice
          ? html`<p class="notice" part="notice" role="alert">
              ${this.#notice || sentence(this.#problem, messages)}
            </p>`
          : nothing}
        <div class="row">
          ${me
            ? html`<button class="primary" part="button" aria-disabled=${this.#sending}>
                ${this.#sending ? messages.posting : this.edited ? messages.save : messages.post}
              </button>`
            : html`<button class="primary" part="button" type="button" @click=${this.#signIn}>
                ${messages.signIn}
              </button>`}
          ${me
            ? html`<button class="quiet" type="button" @click=${this.#togglePreview}>
                ${this.#preview ? messages.write : messages.preview}
              </button>`
            : nothing}
          ${this.parent || this.edited
            ? html`<button class="quiet" type="button" @click=${this.#giveUp}>${messages.cancel}</button>`
            : nothing}
          <span class="hint">${messages.markdownHint}</span>
        </div>
      </form>
    `
  }

  #invitation() {
    const { messages } = this.ui
    return html`
      <div class="invitation" part="composer">
        <p>${messages.signInPrompt}</p>
        <button class="primary" part="button" @click=${this.#signIn}>${messages.signIn}</button>
        ${this.#notice ? html`<p class="notice" part="notice" role="alert">${this.#notice}</p>` : nothing}
      </div>
    `
  }

  #field() {
    return html`<textarea
      part="textarea"
      rows=${this.parent || this.edited ? 2 : 3}
      dir="auto"
      aria-label=${this.#label}
      placeholder=${this.parent ? this.#label : this.ui.messages.placeholder}
      ?readonly=${this.#sending}
      .value=${this.#text}
      @input=${this.#write}
    ></textarea>`
  }

  #shownPreview() {
    return html`<div class="body preview" part="preview" dir="auto" tabindex="-1">
      ${this.#text.trim() ? this.#preview : this.ui.messages.nothingToPreview}
    </div>`
  }

  get #label(): string {
    const { conversation, messages } = this.ui
    if (this.edited) return messages.edit
    return this.parent ? messages.replyPlaceholder(this.parent.name) : conversation.thread.prompt || messages.prompt
  }

  get #thread(): string {
    return this.ui.conversation.thread.id
  }

  get #place(): string {
    return this.parent?.id ?? ''
  }

  #write(event: InputEvent): void {
    this.#text = (event.target as HTMLTextAreaElement).value
    if (!this.edited) keepDraft(this.#thread, this.#place, this.#text)
  }

  #shortcut(event: KeyboardEvent): void {
    if (event.isComposing) return // Escape and Enter belong to the input method.
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void this.#submit(event)
    if (event.key === 'Escape' && this.#text === (this.edited?.body ?? '')) this.#giveUp()
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault()
    if (this.#sending || !this.ui.me) return
    if (!this.holdsText) return this.focus()
    this.#sending = true
    this.#problem = null
    try {
      const stored = await this.#send(this.#text)
      if (!this.edited) keepDraft(this.#thread, this.#place, '')
      this.#text = ''
      this.#preview = null
      this.done(stored)
    } catch (problem) {
      this.#problem = problem
    } finally {
      this.#sending = false
    }
  }

  #send(text: string): Promise<OwnComment> {
    const { conversation } = this.ui
    if (this.edited) return conversation.edit(this.edited.id, text)
    const posting = conversation.post(text, this.parent?.id ?? null, this.#keyFor(text))
    // Once answered, the same words are a new comment.
    return posting.then(posted => {
      this.#keyIsOf = ''
      return posted
    })
  }

  /** The same key for the same text, so that trying again after a lost answer posts nothing twice. */
  #keyFor(text: string): string {
    if (text !== this.#keyIsOf) this.#key = crypto.randomUUID()
    this.#keyIsOf = text
    return this.#key
  }

  async #togglePreview(): Promise<void> {
    if (this.#preview) {
      this.#preview = null
      await this.updateComplete
      return this.focus()
    }
    try {
      const text = this.#text.trim()
      this.#preview = trusted(text ? await this.ui.conversation.preview(this.#text) : '')
      this.#problem = null
    } catch (problem) {
      this.#problem = problem
    }
  }

  #signIn(): void {
    this.#notice = this.ui.signIn(() => this.focus()) ?? ''
  }

  /** Closes the form. What was written stays a draft, and is there again the next time. */
  #giveUp(): void {
    this.done(null)
  }

  #forgetSessionProblem(): void {
    this.#notice = ''
    if (this.#problem instanceof Problem && this.#problem.status === 401) this.#problem = null
  }
}
