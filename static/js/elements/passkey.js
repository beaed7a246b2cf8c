// <passkey-button>: signs in with a passkey, or makes one. It hides itself where the browser knows no passkeys.
//   <passkey-button options="/sign-in/passkey/options" answer="/sign-in/passkey" next="/"><button>…</button></passkey-button>
// With `create` it makes a passkey. Messages come from the page: data-cancelled, data-failed.

class PasskeyButton extends HTMLElement {
  connectedCallback() {
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON || !window.isSecureContext) return;
    this.hidden = false;
    this.addEventListener("click", this);
  }

  async handleEvent(event) {
    const button = event.target.closest("button");
    if (!button || button.hasAttribute("data-busy")) return;
    button.setAttribute("data-busy", "");
    this.say("");
    try {
      await this.run();
    } catch (error) {
      this.say(error instanceof Refused ? error.message : this.words(error));
      button.removeAttribute("data-busy");
    }
  }

  async run() {
    const { id, options } = await this.post(this.getAttribute("options"), {});
    const credential = this.hasAttribute("create")
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    const answer = { id, credential: credential.toJSON(), next: this.getAttribute("next") };
    const { next } = await this.post(this.getAttribute("answer"), answer);
    location.assign(next);
  }

  async post(address, body) {
    const headers = { "content-type": "application/json", accept: "application/json", "x-csrf-token": this.getAttribute("csrf") ?? "" };
    const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
    const told = await response.json().catch(() => ({}));
    if (told.location) location.assign(told.location);
    if (!response.ok) throw new Refused(told.error ?? this.dataset.failed);
    return told;
  }

  words(error) {
    if (error.name === "InvalidStateError") return this.dataset.known ?? this.dataset.failed;
    return error.name === "NotAllowedError" || error.name === "AbortError" ? this.dataset.cancelled : this.dataset.failed;
  }

  say(text) {
    const place = this.querySelector("[data-said]");
    place.textContent = text;
    place.hidden = !text;
  }
}

class Refused extends Error {}

customElements.define("passkey-button", PasskeyButton);
