// One answer: what was done for it, its text, and what it was taken from.

import { LOST, get } from "./api.js";
import { card, changed } from "./approval.js";
import { count, el, outside } from "./dom.js";
import { clean } from "./html.js";
import { rendered } from "./markdown.js";
import { source, sourceList } from "./sources.js";
import { told } from "./tools.js";

export function question(text) {
  return el("div", { class: "question" }, el("h2", { class: "unseen" }, "You asked"), el("p", {}, text));
}

/** An answer that was kept. */
export function kept({ content, sources, toolCalls }) {
  const known = sources.map(source);
  const done = toolCalls.map(({ name, arguments: given, status }) => line(told(name, given).done, status === "failed" ? "failed" : status === "pending" ? "waiting" : "done"));
  const text = content.trim() ? rendered(content, known) : el("p", { class: "quiet" }, "This question was not answered.");
  const waited = toolCalls.filter((call) => call.approval_id && call.status === "pending").map((call) => found(call.approval_id));
  return frame(el("ul", { class: "activity" }, done), el("div", { class: "text" }, text), sourceList(known), ...waited);
}

/** The card of an approval that is looked up first; nothing if it is not there. */
function found(id) {
  const place = el("div", { hidden: true });
  get(`/api/approvals/${encodeURIComponent(id)}`).then(
    (approval) => place.replaceWith(card(approval, { brief: true })),
    () => place.remove(),
  );
  return place;
}

function frame(...parts) {
  return el("article", { class: "answer" }, el("h2", { class: "unseen" }, "Answer"), parts);
}

function line(text, state) {
  return el("li", { "data-state": state }, text);
}

/** An answer that is coming in. `grown` is called whenever it got longer. */
export class Answer {
  /** As told by the stream. */
  conversation = null;
  ended = false;

  #html = "";
  #waiting = line("Looking through your mail and contacts…", "running");
  #activity = el("ul", { class: "activity", "aria-live": "polite" }, this.#waiting);
  #text = el("div", { class: "text", "aria-live": "polite", "aria-busy": "true" });
  #cards = el("div", { class: "stack" });
  #calls = new Map();
  #frame = 0;
  #grown;
  element = frame(this.#activity, this.#text);

  constructor(grown) {
    this.#grown = grown;
  }

  /** Takes one event of the stream. Types that are not known are for other clients. */
  take({ type, data }) {
    this.#on[type]?.(data);
    this.#grown();
  }

  #on = {
    conversation: ({ id }) => (this.conversation = id),
    sources: (found) => this.#wait(found.length === 0 ? "Thinking…" : `Reading ${count(found.length, "passage", "passages")} that may answer this…`),
    function_call: ({ id, name, arguments: given }) => this.#call(id ?? name, told(name, given)),
    tool_result: ({ id, name, ok }) => this.#settle(id ?? name, ok ? "done" : "failed"),
    content: (html) => {
      this.#wait(null);
      this.#html += html;
      this.#frame ||= requestAnimationFrame(() => this.#draw());
    },
    approval_required: (approval) => {
      this.#cards.append(card(approval, { brief: true }));
      changed(approval);
    },
    approval_decided: (approval) => changed(approval),
    hubspot_reconnect_required: (text) => this.#reconnect("hubspot", text),
    reconnect_required: ({ provider, text }) => this.#reconnect(provider, text),
    citations: (citations) => this.#cite(citations.map(source)),
    finish: (reason) => {
      this.#end();
      if (reason === "length") this.note("The answer was cut off because it became too long.");
      if (reason === "content_filter") this.note("The model’s provider did not allow the rest of this answer.");
      if (!this.#text.textContent.trim()) this.note("There is no answer to this. Try asking in other words.");
    },
    error: (text) => this.fail(text),
  };

  #wait(text) {
    if (text === null) return this.#waiting.remove();
    this.#waiting.textContent = text;
    this.#activity.append(this.#waiting);
  }

  #call(id, words) {
    this.#wait(null);
    const item = line(words.now, "running");
    this.#calls.set(id, { item, words });
    this.#activity.append(item);
  }

  #settle(id, state) {
    const call = this.#calls.get(id);
    if (!call) return;
    call.item.textContent = state === "failed" ? `${call.words.done}, without success` : call.words.done;
    call.item.dataset.state = state;
    this.#calls.delete(id);
    if (this.#calls.size === 0) this.#wait("Thinking…");
  }

  #reconnect(provider, text) {
    const address = `/api/auth/${provider === "hubspot" ? "hubspot" : "google"}/start`;
    const link = el("a", { href: address }, `Reconnect ${provider === "hubspot" ? "HubSpot" : "Google"}`);
    this.element.append(el("p", { class: "note bad" }, text, " ", link));
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#text.replaceChildren(clean(this.#html));
    this.#grown();
  }

  #cite(sources) {
    this.#draw();
    for (const cite of this.#text.querySelectorAll(".cite")) {
      const known = sources.find(({ n }) => String(n) === cite.dataset.n);
      if (!known) continue;
      cite.title = known.title;
      cite.setAttribute("aria-label", `Source ${known.n}: ${known.title}`);
    }
    const list = sourceList(sources);
    if (list) this.#text.after(list);
  }

  #end() {
    this.ended = true;
    // Once the sources are told the text is complete, and its numbers have their titles.
    if (this.#frame) this.#draw();
    this.#wait(null);
    for (const id of [...this.#calls.keys()]) this.#settle(id, "done");
    this.#wait(null);
    this.#text.removeAttribute("aria-busy");
    // What is to be decided stands below what is said about it.
    if (this.#cards.childElementCount > 0) this.element.append(this.#cards);
  }

  /** A line under the answer. */
  note(text, ...actions) {
    this.element.append(el("p", { class: "note" }, text, actions));
    this.#grown();
  }

  /** The last of an answer that did not come to its end. */
  fail(text) {
    this.#end();
    this.element.append(el("p", { class: "note bad", role: "alert" }, text));
    this.#grown();
  }

  stop() {
    this.#end();
    this.note("Stopped.");
  }

  /** The stream is over; without a last word it broke off. */
  close(error) {
    if (this.ended) return;
    this.fail(error ? (error.status === undefined ? LOST : error.message) : "The answer broke off. Please try again.");
  }
}
