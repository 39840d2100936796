import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inReadingOrder, newcomers, placed, shownTo, withoutBareTombstones } from '../src/tree.ts'
import type { Comment, OwnComment } from '../src/types.ts'

const comment = (id: string, fields: Partial<Comment> = {}): Comment => ({
  id, thread: 't', parent: null, root: null, depth: 0, answers: null,
  author: { id: `author of ${id}`, name: 'Ada' }, body_html: `<p>${id}</p>`, language: 'en',
  status: 'published', created_at: `2026-01-01T00:00:${id.slice(-2).padStart(2, '0')}Z`,
  edited_at: null, votes: { up: 0, down: 0 }, reactions: {}, reply_count: 0, ...fields,
})
const reply = (id: string, parent: string, fields: Partial<Comment> = {}) =>
  comment(id, { parent, root: 'root', ...fields })
const own = (id: string, fields: Partial<OwnComment> = {}): OwnComment =>
  ({ ...comment(id), body: id, reasons: [], edit_until: null, ...fields })
const gone = { author: null, body_html: null, votes: null, reactions: null, status: 'rejected' } as const
const ids = (comments: Comment[]) => comments.map(({ id }) => id)

test('each reply stands under the one it answers, siblings oldest first', () => {
  const flat = [reply('01', 'root'), reply('02', 'root'), reply('03', '01'), reply('04', '03'), reply('05', '01')]
  assert.deepEqual(ids(inReadingOrder(flat, 'root')), ['01', '03', '04', '05', '02'])
})

test('a reply whose parent was not fetched stands under the root', () => {
  assert.deepEqual(ids(inReadingOrder([reply('01', 'root'), reply('09', '07')], 'root')), ['01', '09'])
})

test('a tombstone stays only while it holds up a reply', () => {
  const held = [reply('01', 'root', gone), reply('02', '01', gone), reply('03', '02'), reply('04', 'root', gone)]
  assert.deepEqual(ids(withoutBareTombstones(held)), ['01', '02', '03'])
})

test('its author sees their own version of a comment', () => {
  const mine = own('01', { status: 'held', body_html: '<p>new</p>' })
  assert.equal(shownTo(mine, comment('01')).body_html, '<p>new</p>')
})

test('a comment that was just withdrawn is a tombstone, also where a page still shows it', () => {
  const shown = shownTo(own('01', { status: 'withdrawn' }), comment('01'))
  assert.deepEqual([shown.author, shown.body_html, shown.votes, shown.reactions], [null, null, null, null])
})

test('own comments stand where the sort puts them', () => {
  const page = [comment('08'), comment('04')]
  assert.deepEqual(ids(placed(page, [own('09'), own('06')], 'newest')), ['09', '08', '06', '04'])
  assert.deepEqual(ids(placed(page.toReversed(), [own('09')], 'oldest')), ['04', '08', '09'])
})

test('what is new comes before the first that is known, and is no more than was told of', () => {
  const page = ['09', '08', '07', '03'].map(id => comment(id))
  const own = new Set(['08'])
  assert.deepEqual(ids(newcomers(page, new Set(['07', '03']), own, 1)), ['09', '08'])
  assert.deepEqual(ids(newcomers(page, new Set(), new Set(), 2)), ['09', '08']) // older ones were not fetched yet
})
