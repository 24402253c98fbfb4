// Asks before something is gone for good.

import { el } from "./dom.js";

/** Whether the person said yes. */
export function confirmed(question, yes) {
  return new Promise((resolve) => {
    const answer = (value) => () => {
      resolve(value);
      dialog.close();
    };
    const dialog = el(
      "dialog",
      { "aria-labelledby": "confirm-question", close: () => (dialog.remove(), resolve(false)) },
      el("p", { id: "confirm-question" }, question),
      el(
        "div",
        { class: "actions" },
        el("button", { type: "button", autofocus: true, click: answer(false) }, "Cancel"),
        el("button", { type: "button", class: "danger", click: answer(true) }, yes),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
