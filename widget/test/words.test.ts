import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messagesFor, spoken } from '../src/messages/messages.ts'
import { ago } from '../src/times.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

for (const [moment, language, words] of [
  ['2026-03-01T11:59:40Z', 'en', 'now'],
  ['2026-03-01T11:55:00Z', 'en', '5 minutes ago'],
  ['2026-03-01T09:00:00Z', 'ko', '3시간 전'],
  ['2026-02-28T09:00:00Z', 'ja', '昨日'],
  ['2026-03-01T12:00:09Z', 'en', 'now'], // the server's clock runs ahead of the reader's
  ['2026-02-01T12:00:00Z', 'en', 'Feb 1, 2026'],
] as const) {
  test(`${moment} is "${words}" in ${language}`, () => {
    assert.equal(ago(moment, language, NOW), words)
  })
}

test('a region is understood by its language, and an unknown language as English', () => {
  assert.equal(messagesFor('ko-KR').signIn, '로그인')
  assert.equal(messagesFor('fr').signIn, 'Sign in')
  assert.deepEqual([spoken('ja-JP'), spoken('fr')], ['ja-JP', 'en'])
})

test('one comment is not comments', () => {
  assert.equal(messagesFor('en').count(1), '1 comment')
  assert.equal(messagesFor('en').count(1200), '1,200 comments')
})
