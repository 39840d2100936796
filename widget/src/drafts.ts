/** What a reader was writing, kept for this tab until it is posted or given up. */
import { recall, remember } from './storage.ts'

const key = (thread: string, place: string) => `colloquy:draft:${thread}:${place}`

/** `place` is the parent's id, or empty for a new comment of the thread. */
export function draftOf(thread: string, place: string): string {
  return recall('sessionStorage', key(thread, place)) ?? ''
}

export function keepDraft(thread: string, place: string, text: string): void {
  remember('sessionStorage', key(thread, place), text || null)
}
