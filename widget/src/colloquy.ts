/** What `<script type="module" src="…/widget/colloquy.js">` brings: two elements. */
export { CountElement } from './count.ts'
export { ThreadElement } from './thread.ts'
