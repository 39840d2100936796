import { html, LitElement, nothing } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { sentence } from './problem.ts'
import type { FlagReason } from './types.ts'
import type { Ui } from './ui.ts'

/** The form in which a reader says what is wrong with a comment. Internal. */
@customElement('colloquy-report')
export class ReportElement extends LitElement {
  @property({ attribute: false }) accessor ui!: Ui
  @property({ attribute: false }) accessor comment!: string
  /** Called with whether a report was sent. */
  @property({ attribute: false }) accessor done: (sent: boolean) => void = () => {}

  @state() accessor #sending = false
  @state() accessor #problem: unknown = null

  protected override createRenderRoot(): HTMLElement {
    return this
  }

  protected override firstUpdated(): void {
    this.querySelector('input')?.focus()
  }

  protected override render() {
    const { messages } = this.ui
    return html`
      <form class="report" part="report" @submit=${this.#submit} @keydown=${this.#shortcut}>
        <fieldset>
          <legend>${messages.reportQuestion}</legend>
          ${Object.entries(messages.reportReasons).map(
            ([reason, label]) => html`
              <label class="choice">
                <input type="radio" name="reason" value=${reason} required />${label}
              </label>
            `,
          )}
        </fieldset>
        <label class="field">
          <span>${messages.reportDetail}</span>
          <textarea part="textarea" name="detail" rows="2" maxlength="500" dir="auto"></textarea>
        </label>
        ${this.#problem
          ? html`<p class="notice" part="notice" role="alert">${sentence(this.#problem, messages)}</p>`
          : nothing}
        <div class="row">
          <button class="primary" part="button" aria-disabled=${this.#sending}>${messages.reportSend}</button>
          <button class="quiet" type="button" @click=${() => this.done(false)}>${messages.cancel}</button>
        </div>
      </form>
    `
  }

  #shortcut(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.done(false)
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (this.#sending) return
    const fields = new FormData(event.target as HTMLFormElement)
    this.#sending = true
    try {
      const reason = fields.get('reason') as FlagReason
      await this.ui.conversation.report(this.comment, reason, String(fields.get('detail')).trim())
      this.done(true)
    } catch (problem) {
      this.#problem = problem
    } finally {
      this.#sending = false
    }
  }
}
