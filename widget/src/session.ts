/**
 * Who reads: the sign-in window or the publisher's own sign-in, the token either leads to, and where
 * that token is kept.
 *
 * The token opens one site for one origin and nothing else, and can be revoked; it lies in
 * localStorage so that a reader stays signed in from article to article and in new tabs.
 */
import type { Api } from './api.ts'
import { newProof, type Proof } from './pkce.ts'
import { recall, remember } from './storage.ts'
import type { Me, Token } from './types.ts'

/** `said`: what the publisher's token said of the reader, where one led to this token. */
type Kept = Token & { said?: string }

const FRAGMENT = '#colloquy-code='
const WINDOW_KEY = 'colloquy:signin-window'

export type Opening = 'opened' | 'blocked' | 'insecure'

interface Listener {
  signedIn(me: Me): void
  /** The reader left, here or in another tab. */
  signedOut(): void
  /** The server no longer knows the token; the reader may not have noticed. */
  sessionEnded(): void
  signInFailed(): void
}

export class Session {
  me: Me | null = null
  /** Whether the publisher said who reads, and so says when that ends. */
  bySso = false
  #api: Api
  #site: string
  #listener: Listener
  #proof: Proof | null = null
  #window: WindowProxy | null = null
  #stop = new AbortController()

  constructor(api: Api, site: string, listener: Listener) {
    this.#api = api
    this.#site = site
    this.#listener = listener
    api.onSessionEnded = () => this.#forget(() => listener.sessionEnded())
    const { signal } = this.#stop
    addEventListener('message', event => this.#receive(event), { signal })
    addEventListener('storage', event => this.#follow(event), { signal })
  }

  /**
   * Takes up what the page says of its reader (`sso`, null where it leaves that to us), a code in
   * the address or a kept token, and makes the next sign-in ready.
   */
  async begin(sso: string | null): Promise<void> {
    const code = this.#codeInAddress()
    const verifier = recall('sessionStorage', this.#proofKey)
    await this.#prepare()
    if (!code || !verifier) return sso === null ? this.#resume() : this.takeUp(sso)
    await this.#exchange(code, verifier)
    // The page that was cut off has heard of the token by now: storage is shared.
    if (recall('sessionStorage', WINDOW_KEY)) window.close()
  }

  end(): void {
    this.#stop.abort()
  }

  /**
   * Signs in whom the page's publisher says (a signed token), or nobody ('': whom they said before
   * is signed out). The same reader described alike stays signed in as they are.
   */
  async takeUp(sso: string): Promise<void> {
    const kept = parse(recall('localStorage', this.#tokenKey))
    if (!sso) return kept?.said ? this.#leave(kept) : this.#resume()
    const said = saidBy(sso)
    if (kept?.said === said) await this.#resume()
    else this.#forget(() => this.#listener.signedOut())
    if (!this.me) await this.#begun(said, () => this.#api.sso(sso, this.#site))
  }

  /** Opens the sign-in window. Call it in the click itself: Safari blocks it after any `await`. */
  open(): Opening {
    if (!this.#proof) return 'insecure'
    const query = new URLSearchParams({
      site: this.#site,
      origin: location.origin,
      challenge: this.#proof.challenge,
      lang: this.#api.language,
      return: location.href.replace(/#.*/, ''),
    })
    const address = `${this.#api.origin}/signin/widget?${query}`
    // The new window starts with a copy of this storage: the verifier, should it come back here
    // with the code, and the mark by which it then knows itself.
    remember('sessionStorage', this.#proofKey, this.#proof.verifier)
    remember('sessionStorage', WINDOW_KEY, 'yes')
    this.#window = window.open(address, 'colloquy-signin', 'popup,width=480,height=720')
    remember('sessionStorage', WINDOW_KEY, null)
    return this.#window ? 'opened' : 'blocked'
  }

  async signOut(): Promise<void> {
    const revoked = this.#api.revoke()
    this.#forget(() => this.#listener.signedOut())
    await revoked
  }

  async #leave(kept: Kept): Promise<void> {
    this.#api.token = kept.token
    await this.signOut().catch(() => {})
  }

  get #tokenKey(): string {
    return `colloquy:token:${this.#api.origin}:${this.#site}`
  }

  get #proofKey(): string {
    return `colloquy:verifier:${this.#api.origin}`
  }

  async #prepare(): Promise<void> {
    this.#proof = await newProof()
  }

  #receive(event: MessageEvent): void {
    if (event.origin !== this.#api.origin || !this.#window || !this.#proof) return
    const { type, code } = (event.data ?? {}) as { type?: unknown; code?: unknown }
    if (type !== 'colloquy:code' || typeof code !== 'string') return
    this.#window = null
    void this.#exchange(code, this.#proof.verifier).then(() => this.#prepare())
  }

  /** Another tab, or a sign-in window cut off from this page, changed the kept token. */
  #follow(event: StorageEvent): void {
    if (event.key !== this.#tokenKey) return
    if (event.newValue) void this.#resume()
    else this.#drop(() => this.#listener.signedOut())
  }

  #exchange(code: string, verifier: string): Promise<void> {
    remember('sessionStorage', this.#proofKey, null)
    return this.#begun(undefined, () => this.#api.exchange(code, verifier))
  }

  async #begun(said: string | undefined, ask: () => Promise<Token>): Promise<void> {
    try {
      const token: Kept = { ...(await ask()), ...(said !== undefined && { said }) }
      remember('localStorage', this.#tokenKey, JSON.stringify(token))
      await this.#use(token)
    } catch {
      this.#listener.signInFailed()
    }
  }

  async #resume(): Promise<void> {
    const token = parse(recall('localStorage', this.#tokenKey))
    if (!token) return
    try {
      await this.#use(token)
    } catch {
      this.#api.token = null // It stays kept: a server that is away for a moment signs nobody out.
    }
  }

  async #use(token: Kept): Promise<void> {
    this.#api.token = token.token
    this.bySso = token.said !== undefined
    this.me = await this.#api.me()
    this.#listener.signedIn(this.me)
  }

  #forget(tell: () => void): void {
    remember('localStorage', this.#tokenKey, null)
    this.#drop(tell)
  }

  #drop(tell: () => void): void {
    this.#api.token = null
    if (!this.me) return
    this.me = null
    tell()
  }

  /** The code a sign-in window left in the address where it had no opener; it is cleared at once. */
  #codeInAddress(): string | null {
    if (!location.hash.startsWith(FRAGMENT)) return null
    const code = decodeURIComponent(location.hash.slice(FRAGMENT.length))
    history.replaceState(history.state, '', location.pathname + location.search)
    return code
  }
}

/** What a publisher's token says, but for when and how often: alike is the same reader as before. */
function saidBy(sso: string): string {
  try {
    const claims = atob(sso.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/'))
    const { iat, exp, nbf, jti, ...said } = JSON.parse(claims)
    return JSON.stringify(said)
  } catch {
    return sso // The server will say what is wrong with it.
  }
}

function parse(kept: string | null): Kept | null {
  if (!kept) return null
  try {
    const token = JSON.parse(kept) as Kept
    return Date.parse(token.expires_at) > Date.now() ? token : null
  } catch {
    return null
  }
}
