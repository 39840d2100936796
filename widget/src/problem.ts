/** A call that failed, in the terms of RFC 9457, and the sentence a reader gets for it. */
import type { Messages } from './messages/messages.ts'

export interface ProblemBody {
  code?: string
  detail?: string
  errors?: { pointer: string; code: string; detail: string }[]
}

export class Problem extends Error {
  /** The HTTP status; 0 where no answer came. */
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly retryAfter: number | null

  constructor(status: number, body: ProblemBody | null, retryAfter: string | null = null) {
    const fields = body?.errors?.map(error => error.detail).join(' ')
    const detail = fields || body?.detail || ''
    super(detail || `HTTP ${status}`)
    this.status = status
    this.code = body?.code ?? ''
    this.detail = detail
    this.retryAfter = retryAfter === null ? null : Number.parseInt(retryAfter, 10) || null
  }

  static unreachable(reason: unknown): Problem {
    return new Problem(0, { code: reason instanceof DOMException ? 'timeout' : 'unreachable' })
  }

  /** Whether the same call may well succeed a little later. */
  get passing(): boolean {
    return this.status === 0 || this.status >= 500
  }
}

/** What happened and what to do, in the reader's language. */
export function sentence(problem: unknown, messages: Messages): string {
  if (!(problem instanceof Problem)) return messages.broken
  if (problem.code === 'timeout') return messages.slow
  if (problem.status === 0) return navigator.onLine ? messages.unreachable : messages.offline
  if (problem.status === 401) return messages.sessionEnded
  if (problem.status === 429 && !problem.detail) return messages.tooFast(problem.retryAfter ?? 60)
  if (problem.status >= 500) return messages.broken
  return problem.detail || messages.broken
}
