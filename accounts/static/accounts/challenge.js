// Solves the page's challenge and sends the form on: some number makes a key that begins as asked
// (altcha's scheme with PBKDF2). The browser's own crypto works beside this script, so the page
// stays awake; a few numbers at a time keep all its cores busy.
const form = document.querySelector("#challenge");
const { parameters, signature } = JSON.parse(form.dataset.challenge);
const AT_ONCE = Math.max(1, Math.min(navigator.hardwareConcurrency || 2, 8));

const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const toHex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const nonce = fromHex(parameters.nonce);
const how = {
  name: "PBKDF2",
  hash: "SHA-256",
  salt: fromHex(parameters.salt),
  iterations: parameters.cost,
};

async function keyOf(number) {
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  new DataView(password.buffer).setUint32(nonce.length, number);
  const secret = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits(how, secret, parameters.keyLength * 8);
  return toHex(new Uint8Array(bits));
}

async function solve() {
  const { tries } = parameters.data;
  const progress = document.querySelector("#challenge-progress");
  progress.hidden = false; // without this script there is none to see
  for (let first = 0; first < tries; first += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, step) => first + step);
    const keys = await Promise.all(numbers.map(keyOf));
    const found = keys.findIndex((key) => key.startsWith(parameters.keyPrefix));
    if (found >= 0) return { counter: numbers[found], derivedKey: keys[found] };
    progress.value = (first + AT_ONCE) / tries;
  }
  throw new Error("No number fits.");
}

try {
  const solution = await solve();
  const challenge = { parameters, signature };
  form.elements.namedItem("challenge_solution").value = btoa(JSON.stringify({ challenge, solution }));
  HTMLFormElement.prototype.submit.call(form);
} catch {
  document.querySelector("#challenge-progress").hidden = true;
  document.querySelector("#challenge-fault").hidden = false;
}
