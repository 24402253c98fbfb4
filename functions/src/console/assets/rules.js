// The tab of the standing instructions: what they do, in plain words, and a new one.

import { post, request } from "./api.js";
import { el, say } from "./dom.js";
import { card, trial } from "./rule.js";

const FIRST = "/api/rules?limit=50";

export const rules = {
  name: "rules",
  title: "Rules",

  open() {
    const list = el("div", { class: "stack" });
    const more = el("button", { type: "button", hidden: true, click: () => load(next) }, "Show more");
    const none = el("p", { class: "quiet" });
    let next = null;

    async function load(path) {
      more.disabled = true;
      try {
        const response = await request("GET", path);
        const items = await response.json();
        next = /<([^>]+)>; *rel="next"/.exec(response.headers.get("Link") ?? "")?.[1] ?? null;
        list.append(...items.map((rule) => card(rule, empty)));
        empty();
      } catch (error) {
        say(none, error.message);
      }
      more.hidden = next === null;
      more.disabled = false;
    }

    function empty() {
      say(none, list.childElementCount === 0 ? "No instructions yet. What you tell the assistant to do whenever something happens appears here." : "");
    }

    const form = create((rule) => {
      list.prepend(card(rule, empty));
      empty();
    });
    load(FIRST);
    return {
      element: el("div", { class: "page" }, el("h1", {}, "Rules"), form.element, none, list, more),
      close() {},
      focus: form.focus,
    };
  },
};

/** Where a new one is written. `made(rule)` is called with it. */
function create(made) {
  const text = el("textarea", { id: "new-rule", rows: 3, maxlength: 2000, placeholder: "When someone emails me who is not in HubSpot, create a contact with a note about the email" });
  const said = el("p", { class: "problem", role: "alert" });
  const tried = el("div", { role: "status" });
  const save = el("button", { type: "submit", class: "primary" }, "Keep");
  const tryIt = el("button", { type: "button", click: () => work(() => trial("/api/rules/test", { rule_text: text.value }, tried)) }, "Try on past events");
  const hint = el("p", { class: "quiet" }, "It is shown in plain words before it acts: until you confirm it, what it wants to write waits for you.");
  const element = el(
    "form",
    { class: "card approval", submit: kept },
    el("label", { for: "new-rule" }, el("strong", {}, "A new instruction")),
    el("div", { class: "box" }, text),
    hint,
    el("div", { class: "actions" }, save, tryIt),
    said,
    tried,
  );

  function kept(event) {
    event.preventDefault();
    work(async () => {
      made(await post("/api/rules", { rule_text: text.value }));
      text.value = "";
      tried.replaceChildren();
    });
  }

  async function work(what) {
    say(said, "");
    if (!text.value.trim()) return text.focus();
    for (const button of [save, tryIt]) button.disabled = true;
    try {
      await what();
    } catch (error) {
      say(said, error.message);
    }
    for (const button of [save, tryIt]) button.disabled = false;
  }

  return { element, focus: () => text.focus() };
}
