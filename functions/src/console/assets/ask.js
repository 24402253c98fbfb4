// The tab of questions: what was said, and the box to ask in.

import { Answer, kept, question } from "./answer.js";
import { events, request } from "./api.js";
import { el } from "./dom.js";
import { session } from "./session.js";
import { banner } from "./sign_in.js";
import { ACCOUNTS, state, summary } from "./sync.js";

const EXAMPLES = [
  "Who mentioned their kid plays baseball?",
  "Why did Greg say he wanted to sell AAPL stock?",
  "Which clients asked about college savings?",
  "What have I promised to send, and to whom?",
];

/** As many passages as an answer may begin with. */
const PASSAGES = 8;
const LONGEST = 10_000;

export const ask = {
  name: "ask",
  title: "Ask",

  /** `changed(id)` is called when a conversation has begun or grown. */
  open(id, { changed }) {
    const view = new Ask(changed);
    view.load(id);
    return view;
  },
};

class Ask {
  #changed;
  #conversation = null;
  #abort = null;
  #loading = new AbortController();

  #thread = el("div", { class: "thread" });
  #scroll = el("div", { class: "scroll" }, this.#thread);
  #box = el("textarea", {
    id: "question",
    rows: 1,
    maxlength: LONGEST,
    placeholder: "Ask about your clients",
    "aria-describedby": "keys",
    input: () => this.#sized(),
    keydown: (event) => this.#key(event),
  });
  #send = el("button", { type: "button", class: "primary", click: () => (this.#abort ? this.#stop() : this.#submit()) }, "Ask");
  element = el(
    "div",
    { class: "ask" },
    this.#scroll,
    el(
      "div",
      { class: "composer" },
      el("label", { class: "unseen", for: "question" }, "Your question"),
      el("div", { class: "box" }, this.#box, this.#send),
      el("p", { id: "keys", class: "hint" }, "Enter sends, Shift+Enter begins a new line. Answers come from what was read; check their sources."),
    ),
  );

  constructor(changed) {
    this.#changed = changed;
    this.#sized();
  }

  close() {
    this.#loading.abort();
    this.#abort?.abort();
  }

  focus() {
    this.#box.focus({ preventScroll: true });
  }

  /** Whether it shows this conversation already, as when it has only just got its id. */
  shows(id) {
    return this.#conversation === (id ?? null) && (id !== undefined || this.#abort === null);
  }

  async load(id) {
    this.#conversation = id ?? null;
    if (!id) return this.#empty();
    this.#thread.replaceChildren(el("p", { class: "quiet", role: "status" }, "Loading…"));
    try {
      const path = `/api/conversations/${encodeURIComponent(id)}/messages`;
      const messages = await (await request("GET", path, { signal: this.#loading.signal })).json();
      this.#thread.replaceChildren(...messages.map((message) => (message.role === "user" ? question(message.content) : kept(message))));
      if (messages.length === 0) this.#empty();
      this.#scroll.scrollTop = this.#scroll.scrollHeight;
    } catch (error) {
      if (error.name === "AbortError") return;
      const text = error.status === 404 ? "This conversation is not there any more." : error.message;
      this.#thread.replaceChildren(banner(text, el("a", { class: "button", href: "#/ask" }, "New conversation")));
    }
  }

  #empty() {
    const begin = (text) => el("li", {}, el("button", { type: "button", class: "example", click: () => this.#ask(text) }, text));
    const incomplete = el("p", { class: "quiet" });
    const show = () => {
      if (!this.#thread.contains(incomplete) || !session.user) return session.removeEventListener("progress", show);
      const { text, tone } = summary(session);
      incomplete.textContent = tone === "busy" ? `${text}. You can ask already; what has not been read yet cannot be found yet.` : "";
    };
    const hubspot = ACCOUNTS.find(({ code }) => code === "hubspot");
    const connect = state(hubspot, session.user) === "none";
    this.#thread.replaceChildren(
      el(
        "div",
        { class: "empty" },
        el("h1", {}, "What would you like to know about your clients?"),
        el("ul", { class: "examples", "aria-label": "Examples" }, EXAMPLES.map(begin)),
        incomplete,
        connect && el("p", { class: "quiet" }, el("a", { href: hubspot.connect }, "Connect HubSpot"), " to ask about contacts and notes too."),
      ),
    );
    session.addEventListener("progress", show);
    show();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!this.#abort) this.#submit();
  }

  #submit() {
    const text = this.#box.value.trim();
    if (!text) return this.focus();
    this.#box.value = "";
    this.#ask(text);
  }

  #stop() {
    this.#abort.abort();
  }

  async #ask(text) {
    this.#thread.querySelector(".empty, .banner")?.remove();
    const answer = new Answer(() => this.#follow());
    this.#thread.append(question(text), answer.element);
    this.#abort = new AbortController();
    this.#sized();
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.focus();

    try {
      await this.#listen(text, answer);
      answer.close();
    } catch (error) {
      if (this.#abort.signal.aborted) answer.stop();
      else answer.close(error);
    }
    this.#abort = null;
    this.#sized();
    if (this.#conversation && !this.#loading.signal.aborted) this.#changed(this.#conversation);
  }

  async #listen(text, answer) {
    const body = { message: text, stream: true, conversation_history: [], max_context_chunks: PASSAGES };
    if (this.#conversation) body.conversation_id = this.#conversation;
    for await (const event of events(await request("POST", "/api/chat", { body, signal: this.#abort.signal }))) {
      answer.take(event);
      if (answer.conversation && answer.conversation !== this.#conversation) {
        this.#conversation = answer.conversation;
        this.#changed(this.#conversation);
      }
      if (answer.ended) return;
    }
  }

  /** Stays at the end unless the reader has gone back up. */
  #follow() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    if (scrollHeight - scrollTop - clientHeight < 160) this.#scroll.scrollTop = scrollHeight;
  }

  #sized() {
    this.#box.style.height = "auto";
    if (this.#box.scrollHeight > 0) this.#box.style.height = `${this.#box.scrollHeight}px`;
    this.#send.textContent = this.#abort ? "Stop" : "Ask";
    this.#send.classList.toggle("primary", !this.#abort);
  }
}
