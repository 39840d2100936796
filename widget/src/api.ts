/** The public API over fetch: one method a call, every failure a `Problem`. */
import { Problem, type ProblemBody } from './problem.ts'
import type {
  Comment, FlagReason, Lookup, Me, Overlay, OwnComment, Page, Thread, Token, VoteValue,
} from './types.ts'

const PATIENCE_MS = 20_000
const OVERLAY_MOST = 100
const COUNTS_MOST = 25

interface Call {
  method?: string
  body?: unknown
  /** Sends the reader's token. (With it, or a body, goes the language of the server's sentences.) */
  signedIn?: boolean
  idempotencyKey?: string
  signal?: AbortSignal | undefined
}

/** Calls one Colloquy server as one reader, or as nobody while `token` is null. */
export class Api {
  readonly origin: string
  token: string | null = null
  language = 'en'
  /** Told when the server no longer knows the token that was sent. */
  onSessionEnded: () => void = () => {}

  constructor(address: string) {
    this.origin = new URL(address, document.baseURI).origin
  }

  lookup(url: string, sort: string | undefined, signal?: AbortSignal): Promise<Lookup> {
    return this.#call(`threads/lookup?${query({ url, comments: '20', sort })}`, { signal })
  }

  thread(id: string, signal?: AbortSignal): Promise<Thread> {
    return this.#call(`threads/${id}?${query({ edition: this.language })}`, { signal })
  }

  comments(
    thread: string, page: { sort?: string | undefined; cursor?: string }, signal?: AbortSignal,
  ): Promise<Page<Comment>> {
    return this.#call(`threads/${thread}/comments?${query({ ...page, limit: '20' })}`, { signal })
  }

  /** The page on which a comment stands. */
  context(thread: string, id: string, sort: string | undefined): Promise<Page<Comment>> {
    return this.#call(`threads/${thread}/comments/${id}/context?${query({ sort })}`)
  }

  comment(thread: string, id: string): Promise<Comment> {
    return this.#call(`threads/${thread}/comments/${id}`)
  }

  replies(thread: string, root: string, cursor: string): Promise<Page<Comment>> {
    return this.#call(`threads/${thread}/comments/${root}/replies?${query({ cursor })}`)
  }

  /** Comment counts by page address; an address the server does not know is absent. */
  async counts(urls: string[]): Promise<Map<string, number>> {
    const answers = await Promise.all(
      batches(urls, COUNTS_MOST).map(some => {
        const params = new URLSearchParams(some.map(url => ['url', url]))
        return this.#call<{ results: { url: string; comment_count: number }[] }>(`counts?${params}`)
      }),
    )
    return new Map(answers.flatMap(page => page.results.map(row => [row.url, row.comment_count])))
  }

  /** How many comments a thread has. */
  async countOf(thread: string): Promise<number> {
    const { results } = await this.#call<{ results: { comment_count: number }[] }>(`counts?${query({ thread })}`)
    return results[0]?.comment_count ?? 0
  }

  me(): Promise<Me> {
    return this.#call('me', { signedIn: true })
  }

  /** What is this reader's own in a thread, for the given comments. */
  async overlay(thread: string, comments: string[]): Promise<Overlay> {
    const parts = await Promise.all(
      (comments.length ? batches(comments, OVERLAY_MOST) : [[]]).map(some => {
        const path = `me/threads/${thread}?${query({ comments: some.join(',') || undefined })}`
        return this.#call<Overlay>(path, { signedIn: true })
      }),
    )
    return {
      votes: Object.assign({}, ...parts.map(part => part.votes)),
      reactions: Object.assign({}, ...parts.map(part => part.reactions)),
      own: parts.flatMap(part => part.own),
      muted: parts.flatMap(part => part.muted),
    }
  }

  post(
    thread: string,
    draft: { body: string; parent?: string; edition?: string },
    idempotencyKey: string,
  ): Promise<OwnComment> {
    const path = `threads/${thread}/comments`
    return this.#call(path, { method: 'POST', body: draft, idempotencyKey, signedIn: true })
  }

  edit(thread: string, id: string, body: string): Promise<OwnComment> {
    const path = `threads/${thread}/comments/${id}`
    return this.#call(path, { method: 'PATCH', body: { body }, signedIn: true })
  }

  withdraw(thread: string, id: string): Promise<void> {
    return this.#call(`threads/${thread}/comments/${id}`, { method: 'DELETE', signedIn: true })
  }

  vote(thread: string, id: string, value: VoteValue): Promise<unknown> {
    const path = `threads/${thread}/comments/${id}/vote`
    return this.#call(path, { method: 'PUT', body: { value }, signedIn: true })
  }

  react(thread: string, id: string, kind: string, on: boolean): Promise<void> {
    const path = `threads/${thread}/comments/${id}/reactions/${kind}`
    return this.#call(path, { method: on ? 'PUT' : 'DELETE', signedIn: true })
  }

  flag(thread: string, id: string, reason: FlagReason, detail: string): Promise<void> {
    const path = `threads/${thread}/comments/${id}/flag`
    const body = detail ? { reason, detail } : { reason }
    return this.#call(path, { method: 'PUT', body, signedIn: true })
  }

  mute(author: string, on: boolean): Promise<void> {
    return this.#call(`me/muted/${author}`, { method: on ? 'PUT' : 'DELETE', signedIn: true })
  }

  render(body: string): Promise<{ body_html: string }> {
    return this.#call('render', { method: 'POST', body: { body }, signedIn: true })
  }

  exchange(code: string, verifier: string): Promise<Token> {
    return this.#call('auth/exchange', { method: 'POST', body: { code, verifier } })
  }

  /** A publisher's signed token, for the reader it is about. */
  sso(token: string, site: string): Promise<Token> {
    return this.#call('auth/sso', { method: 'POST', body: { token, site } })
  }

  revoke(): Promise<void> {
    return this.#call('auth/revoke', { method: 'POST', signedIn: true })
  }

  async #call<Answer>(path: string, call: Call = {}): Promise<Answer> {
    const token = call.signedIn ? this.token : null
    const headers: Record<string, string> = {}
    if (call.body !== undefined) headers['Content-Type'] = 'application/json'
    if (call.signedIn || call.body !== undefined) headers['Accept-Language'] = this.language
    if (token) headers['Authorization'] = `Bearer ${token}`
    if (call.idempotencyKey) headers['Idempotency-Key'] = call.idempotencyKey
    const answer = await fetch(`${this.origin}/api/v1/${path}`, {
      method: call.method ?? 'GET',
      headers,
      credentials: 'omit',
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: patience(call.signal),
    }).catch(reason => {
      call.signal?.throwIfAborted()
      throw Problem.unreachable(reason)
    })
    if (answer.status === 204) return undefined as Answer
    const body: unknown = await answer.json().catch(() => null)
    if (answer.ok && body !== null) return body as Answer
    if (answer.status === 401 && token && token === this.token) this.onSessionEnded()
    throw new Problem(answer.status, body as ProblemBody | null, answer.headers.get('Retry-After'))
  }
}

/** Aborts with `signal`, or by itself when the server takes too long. */
function patience(signal?: AbortSignal): AbortSignal {
  const limit = AbortSignal.timeout(PATIENCE_MS)
  return signal ? AbortSignal.any([signal, limit]) : limit
}

function query(params: Record<string, string | undefined>): string {
  const known = Object.entries(params).filter((entry): entry is [string, string] => !!entry[1])
  return new URLSearchParams(known).toString()
}

function batches<Item>(items: Item[], most: number): Item[][] {
  const count = Math.ceil(items.length / most)
  return Array.from({ length: count }, (_, n) => items.slice(n * most, (n + 1) * most))
}
