/**
 * Hears that a thread changed, while the page is seen: from the server's live stream, and where that
 * cannot be had by asking for the count now and then.
 */
import type { Api } from './api.ts'
import type { Thread } from './types.ts'

/** Between two questions where there is no stream. */
const POLL_MS = 60_000
/** The server pings every 15 seconds: a stream that is silent for longer than this is dead. */
const SILENCE_MS = 45_000
const RETRY_MS = 5_000
const RETRY_MOST_MS = 120_000
/** Thousands are told to ask at once. */
const ASK_WITHIN_MS = 5_000

export class Live {
  #api: Api
  #thread: Thread
  #tell: (commentCount: number) => void
  #version: number
  #stream: EventSource | null = null
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #asking: ReturnType<typeof setTimeout> | undefined

  /** `tell` is called with the number of comments whenever that may have changed. */
  constructor(api: Api, thread: Thread, tell: (commentCount: number) => void) {
    this.#api = api
    this.#thread = thread
    this.#tell = tell
    this.#version = thread.version
    document.addEventListener('visibilitychange', this.#turn)
    if (!document.hidden) this.#open()
  }

  end(): void {
    document.removeEventListener('visibilitychange', this.#turn)
    this.#close()
  }

  /** Nobody reads a hidden page. Seen again, it connects with the version it has and is told at once. */
  #turn = (): void => {
    if (document.hidden) this.#close()
    else if (this.#thread.live_url) this.#open()
    else this.#anew()
  }

  #open(): void {
    this.#close()
    const { id, live_url } = this.#thread
    if (!live_url) return this.#wait(POLL_MS)
    const stream = (this.#stream = new EventSource(`${live_url}?thread=${id}:${this.#version}`))
    this.#wait(SILENCE_MS)
    stream.addEventListener('changed', ({ data }) => this.#hear(JSON.parse(data)))
    stream.addEventListener('ask', () => {
      clearTimeout(this.#asking)
      this.#asking = setTimeout(this.#ask, Math.random() * ASK_WITHIN_MS)
    })
    stream.addEventListener('ping', () => {
      this.#failures = 0
      this.#wait(SILENCE_MS)
    })
    stream.addEventListener('error', () => {
      this.#close()
      this.#wait(jittered(Math.min(RETRY_MS * 2 ** this.#failures, RETRY_MOST_MS)))
      this.#failures += 1
    })
  }

  #close(): void {
    this.#stream?.close()
    this.#stream = null
    clearTimeout(this.#timer)
    clearTimeout(this.#asking)
  }

  #wait(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#anew, milliseconds)
  }

  /** There is no stream, or none that lives: ask for the count, and try again. */
  #anew = (): void => {
    this.#open()
    this.#api.countOf(this.#thread.id).then(this.#tell, () => {})
  }

  #ask = (): void => {
    this.#api.thread(this.#thread.id).then(thread => this.#hear(thread), () => {})
  }

  #hear({ version, comment_count }: { version: number; comment_count: number }): void {
    if (version <= this.#version) return
    this.#version = version
    this.#tell(comment_count)
  }
}

/** So that those who lost their stream in one moment do not come back in one moment. */
function jittered(milliseconds: number): number {
  return milliseconds * (0.5 + Math.random())
}
