// The tab of the background work: what is done, what waits, and what did not work.

import { get } from "./api.js";
import { ago, el, when } from "./dom.js";

const STATES = { pending: "Waits", in_progress: "Under way", waiting_for_reply: "Waits for a reply", done: "Done", failed: "Did not work" };
const BADGES = { pending: "pending", in_progress: "approved", waiting_for_reply: "pending", done: "done", failed: "failed" };
const TITLES = {
  gmail_sync: "Read the mailbox",
  calendar_sync: "Read the calendar",
  hubspot_sync: "Read HubSpot",
  hubspot_events: "Hear what HubSpot tells",
  embed: "Make text findable",
  handle_event: "Apply the rules to something that happened",
  perform_action: "Do what was approved",
  judge_rule: "Ask whether a rule applies",
  ask_model: "Ask the model about something that happened",
  run_agent: "Look at something that happened, and plan",
  watch: "Look after the watches",
  disconnect: "Disconnect an account",
};

export const tasks = {
  name: "tasks",
  title: "Tasks",

  open() {
    const list = el("div", { class: "stack" });
    const said = el("p", { class: "quiet", role: "status" });
    const more = el("button", { type: "button", hidden: true, click: () => load() }, "Show older");
    const state = el("select", { "aria-label": "State", change: () => restart() }, el("option", { value: "" }, "All"), Object.entries(STATES).map(([value, text]) => el("option", { value }, text)));
    const again = el("button", { type: "button", click: () => restart() }, "Look again");
    let cursor = null;

    async function load() {
      more.disabled = true;
      try {
        const page = await get(`/api/tasks?limit=30${state.value && `&state=${state.value}`}${cursor ? `&cursor=${cursor}` : ""}`);
        if (!cursor) list.replaceChildren();
        cursor = page.next_cursor;
        list.append(...page.items.map(card));
        said.textContent = list.childElementCount === 0 ? "There is nothing." : "";
      } catch (error) {
        said.textContent = error.message;
      }
      more.hidden = !cursor;
      more.disabled = false;
    }

    function restart() {
      cursor = null;
      return load();
    }

    load();
    return { element: el("div", { class: "page" }, el("h1", {}, "Tasks"), el("div", { class: "actions" }, state, again), said, list, more), close() {} };
  },
};

function card(task) {
  const badge = el("span", { class: "badge", "data-state": BADGES[task.state] }, STATES[task.state] ?? task.state);
  const title = task.result?.type ? `${TITLES[task.task_type] ?? task.task_type}: ${task.result.type}` : (TITLES[task.task_type] ?? task.task_type);
  const tries = task.attempts > 1 ? `, try ${task.attempts} of ${task.max_attempts}` : "";
  return el(
    "section",
    { class: "card approval" },
    el("div", { class: "card-head" }, el("h3", {}, title), badge),
    task.result?.answer && el("p", { class: "how" }, task.result.answer),
    task.last_error && el("p", { class: "problem" }, task.last_error),
    el("p", { class: "quiet" }, el("time", { datetime: task.created_at, title: when(task.created_at) }, ago(task.created_at)), tries),
    el("details", {}, el("summary", {}, "Details"), el("pre", { class: "exact", tabindex: 0 }, JSON.stringify(task.result, null, 2))),
  );
}
