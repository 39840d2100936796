// Passkeys: a form marked `data-passkey` asks the browser for one ("get") or for a new one
// ("create"), and sends what it answers. What to ask stands in the page (#passkey-options) or is
// fetched at the click from `data-options`. Without passkeys or script such forms stay hidden.
const { create, get, supported } = window.webauthnJSON;

async function options(form) {
  if (!form.dataset.options) return JSON.parse(document.querySelector("#passkey-options").textContent);
  const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return (await answer.json()).request_options;
}

// A passkey is found without a name being typed, and wants its owner's finger, face or PIN.
function madeToSignIn(wanted) {
  const selection = wanted.publicKey.authenticatorSelection;
  wanted.publicKey.authenticatorSelection = {
    ...selection, residentKey: "required", requireResidentKey: true, userVerification: "required",
  };
  return wanted;
}

async function ask(form) {
  const wanted = await options(form);
  return form.dataset.passkey === "create" ? create(madeToSignIn(wanted)) : get(wanted);
}

for (const form of supported() ? document.querySelectorAll("form[data-passkey]") : []) {
  const fault = form.querySelector("[role=alert]");
  form.hidden = false;
  form.addEventListener("submit", async event => {
    event.preventDefault();
    fault.textContent = "";
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify(await ask(form));
      form.submit();
    } catch {
      fault.textContent = fault.dataset.text; // cancelled, none here, or too many tries
      button.disabled = false;
      button.focus();
    }
  });
}
