import { html, LitElement, nothing, type PropertyValues } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { countOf } from './counts.ts'
import { languageOf } from './language.ts'
import { messagesFor } from './messages/messages.ts'
import { scriptOrigin } from './origin.ts'

/**
 * `<colloquy-count url="…">` says how many comments a page has: "12 comments". All of a page's
 * counts are fetched together. Until its count is known it shows what was written inside it.
 */
@customElement('colloquy-count')
export class CountElement extends LitElement {
  @property() accessor url = ''
  @property() accessor api = scriptOrigin
  @state() accessor #count: number | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    this.requestUpdate()
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('url') || changed.has('api')) void this.#fetch(this.api, this.url)
  }

  protected override render() {
    if (this.#count === undefined) return html`<slot></slot>`
    if (!this.#count) return nothing
    return html`<span part="count">${messagesFor(languageOf(this)).count(this.#count)}</span>`
  }

  async #fetch(api: string, url: string): Promise<void> {
    const count = url ? await countOf(api, new URL(url, document.baseURI).href) : undefined
    if (url === this.url) this.#count = count
  }
}
