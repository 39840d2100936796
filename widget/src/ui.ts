/** What the thread hands down to the elements inside it. Made anew whenever any of it changes. */
import type { Conversation } from './conversation.ts'
import type { Messages } from './messages/messages.ts'
import type { Me, OwnComment } from './types.ts'

export interface Ui {
  conversation: Conversation
  messages: Messages
  language: string
  me: Me | null
  open: boolean
  /**
   * Opens the sign-in window and does `then` once somebody is signed in. Must be called in the
   * click itself. Returns what went wrong, in words.
   */
  signIn(then: () => void): string | null
  /** Says a sentence to screen readers. */
  say(sentence: string): void
  /** Says what became of a comment just stored: the reader's new one, or a change to it. */
  stored(comment: OwnComment): void
  /** Brings the first of these comments that is still there into view and gives it the focus. */
  show(...comments: string[]): void
}

/** Fires an event that leaves the shadow tree. Whether the page said it sees to the matter itself. */
export function announce(from: Element, name: string, detail: unknown, cancelable = false): boolean {
  const event = new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable })
  return !from.dispatchEvent(event)
}

/** What stands for a name where there is no picture: its first sign, as readers count them. */
export function initial(name: string): string {
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(name.trim())
  return (first?.segment ?? '').toLocaleUpperCase()
}
