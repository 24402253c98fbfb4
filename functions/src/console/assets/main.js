// Decides which page it is: the way in, or the workspace of who is signed in.

import { api } from "./api.js";
import { session } from "./session.js";
import { arrivalError, signIn, unreachable } from "./sign_in.js";
import { workspace } from "./workspace.js";

const app = document.getElementById("app");
let open = null;

async function start() {
  const error = arrivalError();
  try {
    await session.load();
  } catch (problem) {
    return app.replaceChildren(unreachable(problem.message, start));
  }
  if (!session.user) return app.replaceChildren(signIn(error));
  open = workspace(error, () => leave(null));
  app.replaceChildren(open.element);
  open.begin();
  await session.watch();
}

function leave(reason) {
  open?.close();
  open = null;
  session.end();
  app.replaceChildren(signIn(reason));
}

api.addEventListener("signed-out", () => open && leave("Your session has ended. Please sign in again."));

await start();
