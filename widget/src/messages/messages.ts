/** What the widget says. One catalogue a language; a new one is a file beside these and a line below. */
import type { FlagReason } from '../types.ts'
import { en } from './en.ts'
import { ja } from './ja.ts'
import { ko } from './ko.ts'

export interface Messages {
  thoughts: string
  prompt: string
  placeholder: string
  replyPlaceholder: (name: string) => string
  count: (n: number) => string
  sortBy: string
  sorts: Record<string, string>
  empty: string
  emptyClosed: string
  /** So many came since the page was read. */
  arrived: (n: number) => string
  goToNew: string
  newElsewhere: string
  loading: string
  closed: string
  missing: string

  signInPrompt: string
  signIn: string
  signedInAs: (name: string) => string
  signOut: string
  windowBlocked: string
  insecurePage: string
  signInFailed: string

  post: string
  posting: string
  save: string
  cancel: string
  preview: string
  write: string
  nothingToPreview: string
  markdownHint: string

  reply: string
  edit: string
  withdraw: string
  withdrawQuestion: string
  withdrawYes: string
  withdrawNo: string
  report: string
  reported: string
  voteUp: (n: number) => string
  voteDown: (n: number) => string
  reactions: string
  reaction: (label: string, n: number) => string
  inReplyTo: (name: string) => string
  edited: string
  you: string
  muted: string
  showOnce: string
  mute: string
  unmute: string
  muteQuestion: (name: string) => string
  staff: string
  profile: string
  moreReplies: (n: number) => string
  moreComments: string
  commentsAbove: string

  reportQuestion: string
  reportReasons: Record<FlagReason, string>
  reportDetail: string
  reportSend: string
  reportThanks: string

  screening: string
  held: string
  rejected: string
  withdrawn: string
  removed: string
  editWaiting: string
  posted: string

  offline: string
  unreachable: string
  slow: string
  stillLoading: string
  broken: string
  sessionEnded: string
  tooFast: (seconds: number) => string
  retry: string
  brand: string
}

const CATALOGUES: Record<string, Messages> = { en, ko, ja }

/** The catalogue for a BCP 47 tag: by its language, else English. */
export function messagesFor(tag: string): Messages {
  return CATALOGUES[tag.toLowerCase().split('-')[0] ?? ''] ?? en
}

/** The tag itself where there is a catalogue for it, so that numbers and dates match the words. */
export function spoken(tag: string): string {
  return (tag.toLowerCase().split('-')[0] ?? '') in CATALOGUES ? tag : 'en'
}
