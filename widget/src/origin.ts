/** The origin this script came from: the Colloquy server, unless an element's `api` names another. */
export const scriptOrigin = new URL(import.meta.url).origin
