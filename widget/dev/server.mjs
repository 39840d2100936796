// A stand-in for the server while working on the widget: `npm run dev`, then open the printed
// address. It keeps everything in memory. Pages under /: many, one, empty, closed, missing, slow,
// broken; the text of a comment chooses its fate: "hold", "reject", "screen", "fast" (429), "out" (401).
import { randomBytes, randomUUID, createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const API_PORT = Number(process.env.PORT ?? 8160)
const PAGE_PORT = API_PORT + 1
const PAGE_SIZE = 20
const ME = { id: randomUUID(), name: 'Robin Reader' }
const NAMES = ['Ada', '김하늘', '佐藤葵', 'ليلى', 'A very long display name that goes on and on']
const TEXTS = [
  ['en', '<p>A thoughtful first sentence. And a second one, with <strong>weight</strong> and a <a href="https://example.org/">link</a>.</p>'],
  ['ko', '<p>기사를 읽고 생각이 많아졌습니다. 예산이 <em>어디에</em> 쓰이는지 더 알고 싶어요.</p>'],
  ['ja', '<p>とても分かりやすい記事でした。<em>続報</em>を楽しみにしています。</p>'],
  ['ar', '<p>مقال ممتاز، شكرًا على الشرح الواضح والأرقام.</p>'],
  ['en', `<p>${'Donaudampfschifffahrt'.repeat(8)}</p>`],
  ['und', '<p>🎉👏🏽❤️</p>'],
  ['en', '<blockquote><p>The plan is bold.</p></blockquote><p>Is it?</p><pre><code>if plan.is_bold:\n    print("we shall see")</code></pre><ul><li>one</li><li>two</li></ul>'],
]
const REACTIONS = [
  { kind: 'respect', emoji: '🤝', label: 'Respect' },
  { kind: 'insightful', emoji: '💡', label: 'Insightful' },
  { kind: 'funny', emoji: '😄', label: 'Funny' },
  { kind: 'sad', emoji: '😢', label: 'Sad' },
]
const threads = new Map()
const tokens = new Set()
const codes = new Map()
const answers = new Map()

function makeComment(thread, parent, minutesAgo, extra = {}) {
  const n = thread.comments.size
  const [language, body_html] = TEXTS[n % TEXTS.length]
  const comment = {
    id: `0192${String(n).padStart(4, '0')}-${randomUUID().slice(9)}`,
    thread: thread.id, parent: parent?.id ?? null, root: parent ? parent.root ?? parent.id : null,
    depth: parent ? parent.depth + 1 : 0, answers: null,
    author: { id: `author-${n % NAMES.length}`, name: NAMES[n % NAMES.length], avatar_url: null, badges: [] },
    body_html, language, edition: 'en', status: 'published', featured: false,
    reactions: n % 3 ? {} : { insightful: n + 1, funny: n % 2 },
    created_at: new Date(Date.now() - minutesAgo * 60_000).toISOString(), edited_at: null,
    votes: { up: (n * 7) % 23, down: n % 4 }, reply_count: 0, ...extra,
  }
  thread.comments.set(comment.id, comment)
  return comment
}

const bury = comment =>
  Object.assign(comment, { status: 'rejected', author: null, body_html: null, votes: null, reactions: null })

function makeThread(kind) {
  const thread = { id: randomUUID(), kind, comments: new Map(), votes: {}, reactions: {} }
  const count = { many: 30, one: 1, closed: 3 }[kind] ?? (kind === 'empty' ? 0 : 5)
  for (let n = 0; n < count; n += 1) makeComment(thread, null, 3 + n * n * 60)
  const [deep, buried, edited] = thread.comments.values()
  if (count > 2) {
    edited.edited_at = new Date().toISOString()
    let parent = deep
    for (let n = 0; n < 8; n += 1) parent = makeComment(thread, n === 4 ? deep : parent, 2.9 - n / 10)
    makeComment(thread, buried, 30)
    bury(buried)
  }
  threads.set(thread.id, thread)
  return thread
}

const kindOf = url => new URL(url).pathname.split('/').filter(Boolean).pop() ?? 'many'
const threadFor = url => [...threads.values()].find(t => t.kind === kindOf(url)) ?? makeThread(kindOf(url))
const isPublic = c => c.status === 'published' || c.body_html === null
const repliesOf = (thread, root) => [...thread.comments.values()]
  .filter(c => c.root === root && isPublic(c)).sort((a, b) => a.created_at.localeCompare(b.created_at))

function withReplies(thread, comment) {
  const replies = repliesOf(thread, comment.id)
  const next = replies.length > 3 ? '3' : null
  const reply_count = replies.filter(c => c.status === 'published').length
  return { ...publicly(comment), reply_count, replies: { results: replies.slice(0, 3).map(publicly), next } }
}

const publicly = ({ body, reasons, edit_until, mine, ...comment }) => comment

function page(thread, params) {
  const start = Number(params.get('cursor') ?? 0)
  const order = params.get('sort') === 'oldest' ? 1 : -1
  const roots = [...thread.comments.values()].filter(c => !c.parent && isPublic(c))
    .sort((a, b) => order * a.created_at.localeCompare(b.created_at))
  const end = start + PAGE_SIZE
  return {
    results: roots.slice(start, end).map(c => withReplies(thread, c)),
    next: end < roots.length ? String(end) : null, previous: null,
  }
}

const shape = thread => ({
  id: thread.id, site: 'dev-site', state: thread.kind === 'closed' ? 'closed' : 'open', prompt: '',
  comment_count: [...thread.comments.values()].filter(c => c.status === 'published').length,
  languages: {}, reactions: REACTIONS, sorts: ['newest', 'oldest'], version: 1, live_url: null,
})

class Refused extends Error {
  constructor(status, code, detail, headers = {}) {
    super(code)
    Object.assign(this, { status, code, detail, headers })
  }
}

const rendered = body => body.split(/\n{2,}/).map(p => `<p>${p
  .replaceAll('&', '&amp;').replaceAll('<', '&lt;').replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')
  .replaceAll('\n', '<br>')}</p>`).join('')

function fate(body) {
  if (body.includes('fast')) throw new Refused(429, 'too_fast', 'Slow down.', { 'Retry-After': '40' })
  if (body.includes('out')) {
    tokens.clear()
    throw new Refused(401, 'not_authenticated', 'Sign in first.')
  }
  if (body.includes('hold')) return ['held', []]
  if (body.includes('screen')) return ['screening', []]
  if (body.includes('reject')) return ['rejected', [{ code: 'words', text: 'A word in it is not allowed on this site.' }]]
  return ['published', []]
}

function post(thread, { body, parent }) {
  const [status, reasons] = fate(body)
  const comment = makeComment(thread, thread.comments.get(parent), 0, {
    author: { ...ME, avatar_url: null, badges: [] }, body, body_html: rendered(body), status, reasons,
    language: 'en', votes: { up: 0, down: 0 }, mine: true,
    edit_until: new Date(Date.now() + 300_000).toISOString(),
  })
  if (status === 'screening') setTimeout(() => (comment.status = 'published'), 5_000)
  return comment
}

function react({ thread, comment, kind }, on) {
  const kinds = new Set(thread.reactions[comment.id])
  if (kinds.has(kind) === on) return
  if (on) kinds.add(kind)
  else kinds.delete(kind)
  thread.reactions[comment.id] = [...kinds]
  comment.reactions[kind] = (comment.reactions[kind] ?? 0) + (on ? 1 : -1)
}

const routes = [
  ['GET', 'threads/lookup', ({ params }) => {
    const kind = kindOf(params.get('url'))
    if (kind === 'missing') throw new Refused(404, 'not_found', 'There is nothing here.')
    if (kind === 'broken') throw new Refused(503, 'server_error', 'Something broke.')
    const thread = threadFor(params.get('url'))
    return { thread: shape(thread), edition: { article: '1', locale: 'en', url: params.get('url'), title: '' }, comments: page(thread, params) }
  }],
  ['GET', 'threads/(?<t>[^/]+)', ({ thread }) => shape(thread)],
  ['GET', 'threads/(?<t>[^/]+)/comments', ({ thread, params }) => page(thread, params)],
  ['GET', 'threads/(?<t>[^/]+)/comments/(?<c>[^/]+)', ({ thread, comment }) => {
    if (!isPublic(comment)) throw new Refused(404, 'not_found', 'There is nothing here.')
    return withReplies(thread, comment)
  }],
  ['GET', 'threads/(?<t>[^/]+)/comments/(?<c>[^/]+)/replies', ({ thread, comment, params }) => {
    const rest = repliesOf(thread, comment.id).slice(Number(params.get('cursor') ?? 0))
    return { results: rest.map(publicly), next: null, previous: null }
  }],
  ['GET', 'counts', ({ params }) => ({ results: params.getAll('url').map(url => ({
    thread: threadFor(url).id, url, comment_count: shape(threadFor(url)).comment_count,
  })) })],
  ['POST', 'auth/exchange', ({ body }) => {
    const challenge = createHash('sha256').update(body.verifier).digest('base64url')
    if (codes.get(body.code) !== challenge) throw new Refused(400, 'invalid_code', 'Sign in again.')
    codes.delete(body.code)
    const token = randomBytes(16).toString('hex')
    tokens.add(token)
    return { token, expires_at: new Date(Date.now() + 86_400_000).toISOString() }
  }],
  ['POST', 'auth/revoke', ({ token }) => void tokens.delete(token), 'reader'],
  ['GET', 'me', () => ME, 'reader'],
  ['GET', 'me/threads/(?<t>[^/]+)', ({ thread }) => ({
    votes: thread.votes, reactions: thread.reactions, muted: [], following: false,
    own: [...thread.comments.values()].filter(c => c.mine),
  }), 'reader'],
  ['POST', 'render', ({ body }) => ({ body_html: rendered(body.body) }), 'reader'],
  ['POST', 'threads/(?<t>[^/]+)/comments', ({ thread, body, key }) => {
    if (!answers.has(key)) answers.set(key, post(thread, body))
    return answers.get(key)
  }, 'reader'],
  ['PATCH', 'threads/(?<t>[^/]+)/comments/(?<c>[^/]+)', ({ comment, body }) => Object.assign(comment, {
    body: body.body, body_html: rendered(body.body), edited_at: new Date().toISOString(),
  }), 'reader'],
  ['DELETE', 'threads/(?<t>[^/]+)/comments/(?<c>[^/]+)', ({ comment }) =>
    void Object.assign(bury(comment), { status: 'withdrawn' }), 'reader'],
  ['PUT', 'threads/(?<t>[^/]+)/comments/(?<c>[^/]+)/vote', ({ thread, comment, body }) => {
    const before = thread.votes[comment.id] ?? 0
    if (before) comment.votes[before > 0 ? 'up' : 'down'] -= 1
    if (body.value) comment.votes[body.value > 0 ? 'up' : 'down'] += 1
    thread.votes[comment.id] = body.value
    return { value: body.value, votes: comment.votes }
  }, 'reader'],
  ['PUT', 'threads/(?<t>[^/]+)/comments/(?<c>[^/]+)/reactions/(?<kind>[^/]+)', at => void react(at, true), 'reader'],
  ['DELETE', 'threads/(?<t>[^/]+)/comments/(?<c>[^/]+)/reactions/(?<kind>[^/]+)', at => void react(at, false), 'reader'],
  ['PUT', 'threads/(?<t>[^/]+)/comments/(?<c>[^/]+)/flag', () => undefined, 'reader'],
].map(([method, path, answer, who]) => ({ method, path: new RegExp(`^/api/v1/${path}$`), answer, who }))

async function call(request, address) {
  const route = routes.find(r => r.method === request.method && r.path.test(address.pathname))
  if (!route) throw new Refused(404, 'not_found', 'There is nothing here.')
  const token = request.headers.authorization?.replace('Bearer ', '')
  if (route.who && !tokens.has(token)) throw new Refused(401, 'not_authenticated', 'Sign in first.')
  const { t, c, kind } = address.pathname.match(route.path).groups ?? {}
  const text = (await request.toArray()).join('')
  if (address.search.includes('slow')) await new Promise(resolve => setTimeout(resolve, 8_000))
  return route.answer({
    params: address.searchParams, token, key: request.headers['idempotency-key'],
    kind,
    thread: threads.get(t), comment: threads.get(t)?.comments.get(c), body: text ? JSON.parse(text) : null,
  })
}

function signInWindow(response, address) {
  const code = randomBytes(8).toString('hex')
  codes.set(code, address.searchParams.get('challenge'))
  const origin = address.searchParams.get('origin')
  response.setHeader('Content-Type', 'text/html; charset=utf-8').end(`<!doctype html><title>Sign in</title>
    <button autofocus>Sign in as ${ME.name}</button><script>document.querySelector('button').onclick = () => {
      opener.postMessage({ type: 'colloquy:code', code: '${code}' }, '${origin}'); close() }</script>`)
}

createServer(async (request, response) => {
  const address = new URL(request.url, `http://127.0.0.1:${API_PORT}`)
  for (const [name, value] of Object.entries({
    'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Methods': '*',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, Idempotency-Key',
    'Access-Control-Expose-Headers': 'Retry-After',
  })) response.setHeader(name, value)
  if (request.method === 'OPTIONS') return response.writeHead(204).end()
  if (address.pathname === '/signin/widget') return signInWindow(response, address)
  if (address.pathname.startsWith('/widget/')) {
    const file = await readFile(new URL(`../dist/${address.pathname.slice(8)}`, import.meta.url)).catch(() => null)
    return response.writeHead(file ? 200 : 404, { 'Content-Type': 'text/javascript' }).end(file)
  }
  try {
    const answer = await call(request, address)
    if (answer === undefined) return response.writeHead(204).end()
    response.writeHead(request.method === 'POST' ? 201 : 200, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(answer))
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem
    const { status, code, detail, headers } = problem
    response.writeHead(status, { 'Content-Type': 'application/problem+json', ...headers })
    response.end(JSON.stringify({ type: `urn:colloquy:problem:${code}`, title: code, status, code, detail, errors: [] }))
  }
}).listen(API_PORT, '127.0.0.1')

// The publisher's page, on an origin of its own and under a strict policy. ?lang= and ?theme=.
createServer((request, response) => {
  const address = new URL(request.url, `http://127.0.0.1:${PAGE_PORT}`)
  const api = `http://127.0.0.1:${API_PORT}`
  const lang = address.searchParams.get('lang') ?? 'en'
  const theme = address.searchParams.get('theme')
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': `default-src 'none'; script-src ${api}; connect-src ${api}; style-src 'sha256-${STYLE_HASH}'; require-trusted-types-for 'script'`,
  }).end(`<!doctype html><html lang="${lang}"><title>A page</title><meta name="viewport" content="width=device-width">
    <style>${STYLE}</style><script type="module" src="${api}/widget/colloquy.js"></script>
    <main><h1>A page</h1><p><a href="/many">many</a> <colloquy-count url="/many">…</colloquy-count>,
    <a href="/empty">empty</a> <colloquy-count url="/empty"></colloquy-count></p><h2>Thoughts</h2>
    <colloquy-thread url="${address.href}"${theme ? ` theme="${theme}"` : ''}></colloquy-thread></main></html>`)
}).listen(PAGE_PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PAGE_PORT}/many`))

const STYLE = `:root { color-scheme: light dark; background: Canvas; color: CanvasText }
  body { margin: 0 auto; max-width: 760px; padding: 0 16px; font: 17px/1.5 system-ui, "Noto Sans CJK KR", sans-serif }
  a { color: LinkText }`
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')
