/** What the thread hands down to the elements inside it. Made anew whenever any of it changes. */
import type { Conversation } from './conversation.ts'
import type { Messages } from './messages/messages.ts'
import type { Me } from './types.ts'

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
  /** Brings a comment into view and gives it the focus. */
  show(comment: string): void
}

/** Fires an event that leaves the shadow tree. */
export function announce(from: Element, name: string, detail: unknown): void {
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
}
