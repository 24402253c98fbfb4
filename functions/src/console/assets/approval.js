// One write that waits for the advisor, or waited: what exactly it is, why it waits, and what can be decided about it.

import { get, post } from "./api.js";
import { el, outside, say, when } from "./dom.js";
import { session } from "./session.js";

/** Says `changed` with the approval as `detail` whenever one was decided or edited, wherever that was. */
export const approvals = new EventTarget();

export const changed = (approval) => approvals.dispatchEvent(new CustomEvent("changed", { detail: approval }));

const STATES = {
  pending: "Waits for you",
  approved: "Under way",
  done: "Done",
  failed: "Did not work",
  denied: "Denied",
  expired: "Expired",
  unknown: "Not certain",
};

const ORIGINS = { chat: "From a conversation", tool: "Called by your client", rule: "From a standing instruction", proactive: "Proposed by the assistant" };

/** While it is under way it is looked at again this often. */
const AGAIN = 2_000;

/** Its card. `brief` leaves the preview out, where it stands just above. */
export function card(approval, { brief = false } = {}) {
  let known = approval;
  let editing = false;
  let timer;
  const title = el("h3");
  const badge = el("span", { class: "badge" });
  const preview = el("pre", { class: "preview", tabindex: 0, "aria-label": "What would be done" });
  const reasons = el("ul", { class: "reasons" });
  const json = el("pre", { class: "exact", tabindex: 0, "aria-label": "Exact JSON" });
  const facts = el("p", { class: "quiet" });
  const details = el("details", {}, el("summary", {}, "Exact JSON"), json, facts);
  const outcome = el("p", { class: "how" });
  const said = el("p", { class: "problem", role: "alert" });
  const yes = el("button", { type: "button", class: "primary", click: () => decide({ decision: "approve", hash: known.hash }) }, "Approve");
  const no = el("button", { type: "button", click: () => decide({ decision: "deny" }) }, "Deny");
  const change = el("button", { type: "button", class: "plain", click: () => edit(true) }, "Edit");
  const choices = el("div", { class: "actions" }, yes, no, change);
  const box = el("textarea", { class: "editor", rows: 12, spellcheck: "false", "aria-label": "The action as JSON" });
  const save = el("button", { type: "button", class: "primary", click: saved }, "Save the change");
  const cancel = el("button", { type: "button", click: () => edit(false) }, "Cancel");
  const editor = el("div", { class: "editing" }, box, el("div", { class: "actions" }, save, cancel));
  const element = el("section", { class: "card approval", "data-id": approval.id }, el("div", { class: "card-head" }, title, badge), preview, reasons, outcome, details, editor, choices, said);

  function show() {
    const waits = known.state === "pending";
    const [first, ...rest] = known.preview.split("\n");
    say(title, brief && rest[0] ? `${first} · ${rest[0]}` : first);
    say(badge, STATES[known.state] ?? known.state);
    badge.dataset.state = known.state;
    say(preview, rest.join("\n").trim());
    preview.hidden = (brief && known.version === 1) || editing || preview.textContent === "";
    reasons.replaceChildren(...known.reasons.map((reason) => el("li", {}, reason)));
    reasons.hidden = !waits || editing;
    say(json, JSON.stringify(known.action, null, 2));
    say(facts, `${ORIGINS[known.origin] ?? known.origin}, proposed ${when(known.created_at)}. Hash ${known.hash.slice(0, 12)}…`);
    details.hidden = editing;
    outcome.replaceChildren(...told(known));
    editor.hidden = !editing;
    choices.hidden = !waits || editing;
    clearTimeout(timer);
    if (known.state === "approved") timer = setTimeout(look, AGAIN);
  }

  function take(approval) {
    if (approval.id !== known.id) return;
    known = approval;
    editing &&= known.state === "pending";
    show();
  }

  async function look() {
    if (!element.isConnected) return;
    try {
      changed(await get(`/api/approvals/${known.id}`));
    } catch {
      timer = setTimeout(look, AGAIN);
    }
  }

  async function decide(body) {
    say(said, "");
    busy(true);
    try {
      changed(await post(`/api/approvals/${known.id}`, body));
      return true;
    } catch (error) {
      say(said, error.message);
      // Somebody was quicker, or it is another one by now.
      if (error.status === 409) await get(`/api/approvals/${known.id}`).then(changed, () => {});
      return false;
    } finally {
      busy(false);
    }
  }

  function edit(on) {
    editing = on;
    say(said, "");
    box.value = JSON.stringify(known.action, null, 2);
    show();
    (on ? box : change).focus();
  }

  async function saved() {
    let action;
    try {
      action = JSON.parse(box.value);
    } catch {
      return say(said, "This is not valid JSON.");
    }
    if (!(await decide({ decision: "edit", action }))) return;
    editing = false;
    details.open = false;
    show();
  }

  function busy(on) {
    for (const button of [yes, no, change, save, cancel]) button.disabled = on;
    element.setAttribute("aria-busy", String(on));
  }

  approvals.addEventListener("changed", ({ detail }) => take(detail));
  show();
  return element;
}

/** What became of it, with a way to look at it. */
function told({ state, result, error, expires_at: expires }) {
  switch (state) {
    case "pending":
      return [`Nothing has happened yet. It can be approved until ${when(expires)}.`];
    case "approved":
      return ["It is being done."];
    case "done":
      return result?.event_link ? [outside(result.event_link, {}, "Open the event")] : [];
    case "failed":
      return [error || "It did not work."];
    case "unknown":
      return [`Whether it happened cannot be found out. Please look before you try it again. ${error ?? ""}`];
    case "expired":
      return ["It has waited too long. Ask for it again if it is still wanted."];
    default:
      return [];
  }
}

/** What waits, looked at with everything else that is looked at, but not as often. */
const OFTEN = 15_000;
let seen = 0;

export async function waiting() {
  seen = Date.now();
  const { items, next_cursor: more } = await get("/api/approvals?limit=100");
  return { items, more };
}

/** Calls `show` with how many wait, now and again, until `signal` ends it. */
export function count(show, signal) {
  const look = async (at) => {
    if (!session.user || Date.now() - seen < at) return;
    const { items, more } = await waiting().catch(() => ({}));
    if (items && !signal.aborted) show(items.length, Boolean(more));
  };
  session.addEventListener("progress", () => look(OFTEN), { signal });
  approvals.addEventListener("changed", () => look(0), { signal });
  look(0);
}
