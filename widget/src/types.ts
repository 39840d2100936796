/** The shapes that the public API sends, as far as the widget reads them. */

export type Status = 'screening' | 'held' | 'published' | 'rejected' | 'withdrawn' | 'erased'
export type VoteValue = 1 | 0 | -1
export type FlagReason = 'abuse' | 'spam' | 'off_topic' | 'personal_information' | 'other'

export interface Author {
  id: string
  name: string
  avatar_url: string | null
  /** `staff`, and what the site calls this reader, as it is to be shown. */
  badges: string[]
  /** Their public page, if they wish to have one. */
  page_url: string | null
}

/** A kind of reaction that the thread's site offers. */
export interface ReactionKind {
  kind: string
  emoji: string
  label: string
}

/** `author`, `body_html`, `votes` and `reactions` are null in a tombstone. */
export interface Comment {
  id: string
  thread: string
  parent: string | null
  root: string | null
  depth: number
  /** Whom it answers, where nesting was capped. */
  answers: { author: Author | null } | null
  author: Author | null
  body_html: string | null
  language: string | null
  status: Status
  created_at: string
  edited_at: string | null
  votes: { up: number; down: number } | null
  /** How many of each kind. */
  reactions: Record<string, number> | null
  reply_count: number
  replies?: Page<Comment>
}

export interface Reason {
  code: string
  text: string
}

/** A comment as its author gets it. */
export interface OwnComment extends Comment {
  body: string
  reasons: Reason[]
  edit_until: string | null
}

export interface Page<Row> {
  results: Row[]
  next: string | null
  previous?: string | null
}

export interface Thread {
  id: string
  site: string
  prompt: string
  state: 'open' | 'closed'
  comment_count: number
  reactions: ReactionKind[]
  sorts: string[]
  /** Moves with everything that the thread shows. */
  version: number
  /** Where its changes are told; null where they are not. */
  live_url: string | null
}

export interface Lookup {
  thread: Thread
  edition: { locale: string; url: string } | null
  comments?: Page<Comment>
}

export interface Overlay {
  votes: Record<string, VoteValue>
  /** Kinds by comment. */
  reactions: Record<string, string[]>
  own: OwnComment[]
  muted: string[]
}

export interface Me {
  id: string
  name: string
}

export interface Token {
  token: string
  expires_at: string
}
