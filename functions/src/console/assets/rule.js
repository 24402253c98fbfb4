// One standing instruction: its words, what exactly it does, and what can be done about it.

import { post, put, remove } from "./api.js";
import { confirmed } from "./confirm.js";
import { el, say, when } from "./dom.js";

/** Its card. `gone()` is called when it was deleted. */
export function card(rule, gone) {
  let known = rule;
  const title = el("h3");
  const badge = el("span", { class: "badge" });
  const policy = el("pre", { class: "preview", tabindex: 0, "aria-label": "What it does" });
  const note = el("p", { class: "how" });
  const last = el("p", { class: "quiet" });
  const said = el("p", { class: "problem", role: "alert" });
  const tried = el("div", { role: "status" });
  const yes = el("button", { type: "button", class: "primary", click: () => change(post(`${path()}/confirm`, { policy_hash: known.policy_hash })) }, "Confirm");
  const tryIt = el("button", { type: "button", click: () => busy(trial(`${path()}/test`, {}, tried)) }, "Try on past events");
  const onOff = el("button", { type: "button", click: () => change(put(path(), { is_active: !known.is_active })) });
  const forget = el("button", { type: "button", class: "plain", click: forgotten }, "Delete");
  const buttons = [yes, tryIt, onOff, forget];
  const element = el("section", { class: "card approval" }, el("div", { class: "card-head" }, title, badge), policy, note, last, el("div", { class: "actions" }, buttons), said, tried);
  const path = () => `/api/rules/${known.id}`;

  function show() {
    say(title, known.rule_text);
    say(badge, !known.is_active ? "Off" : known.confirmed ? "Acts by itself" : "Asks before it acts");
    badge.dataset.state = !known.is_active ? "off" : known.confirmed ? "done" : "pending";
    say(policy, known.policy_text ?? "");
    policy.hidden = !known.policy_text;
    say(note, known.note ?? "");
    say(last, known.last_triggered_at ? `Last acted ${when(known.last_triggered_at)}.` : "Has not acted yet.");
    yes.hidden = known.confirmed || !known.policy_hash;
    say(onOff, known.is_active ? "Turn off" : "Turn on");
  }

  async function change(answer) {
    const changed = await busy(answer);
    if (!changed) return;
    known = changed;
    show();
  }

  async function forgotten() {
    if (!(await confirmed(`Delete “${known.rule_text}”? What it has proposed stays.`, "Delete"))) return;
    if (await busy(remove(path()))) {
      element.remove();
      gone();
    }
  }

  /** Waits, with the buttons off; a problem is said, and answers nothing. */
  async function busy(work) {
    say(said, "");
    for (const button of buttons) button.disabled = true;
    try {
      return await work;
    } catch (error) {
      say(said, error.message);
      return undefined;
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }

  show();
  return element;
}

const WOULD = { happen: "It would happen", wait: "It would wait for you", refuse: "It would be refused", task: "The assistant would look at it", log: "It would be written down", skip: "Nothing would be done" };

/** What a rule would have done about past events, shown in `place`. */
export async function trial(path, body, place) {
  place.replaceChildren(el("p", { class: "quiet" }, "Looking at what has happened…"));
  try {
    const { policy_text: words, rule_id: saved, events, would_match: fits, results } = await post(path, body);
    const fitting = results.filter((result) => result.would_match);
    place.replaceChildren(
      ...(saved ? [] : [el("pre", { class: "preview" }, words)]),
      el("p", { class: "how" }, events === 0 ? "Nothing of that kind has happened in the last 90 days." : `It fits ${fits} of the last ${events} events of that kind. Nothing was done.`),
      el("ul", { class: "reasons" }, fitting.map(happening)),
    );
  } catch (error) {
    place.replaceChildren();
    throw error;
  }
}

function happening({ about, occurred_at: at, question, conditions, actions }) {
  const held = conditions.map(({ condition, value }) => `${condition} (${value})`).join("; ");
  return el(
    "li",
    {},
    el("strong", {}, about || "Something"),
    el("span", { class: "quiet" }, ` ${when(at)}${held ? `. ${held}` : ""}${question ? `. Asked first: ${question}` : ""}`),
    actions.map(({ would, preview, reasons }) => el("details", {}, el("summary", {}, [WOULD[would] ?? would, ...reasons].join(". ")), el("pre", { class: "preview" }, preview))),
  );
}
