// Calls to the API: what every request carries, and errors as sentences.

const HEADERS = { "Content-Type": "application/json", "X-Requested-With": "XMLHttpRequest" };

/** Says `signed-out` when the session has ended. */
export const api = new EventTarget();

/** A call that did not work; `message` is for people. `status` is 0 when there was no answer. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const LOST = "The service cannot be reached. Check your connection and try again.";

/** One request. Anything but success is an ApiError; an abort stays an AbortError. */
export async function request(method, path, { body, signal } = {}) {
  let response;
  try {
    response = await fetch(path, { method, signal, headers: HEADERS, body: body && JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, LOST);
  }
  if (response.ok) return response;
  if (response.status === 401) api.dispatchEvent(new Event("signed-out"));
  throw new ApiError(response.status, await sentence(response));
}

export const get = async (path) => (await request("GET", path)).json();
export const post = async (path, body) => (await request("POST", path, { body })).json();
export const put = async (path, body) => (await request("PUT", path, { body })).json();
export const remove = (path) => request("DELETE", path);

async function sentence(response) {
  const { detail, retry_after: wait } = await response.json().catch(() => ({}));
  const text = Array.isArray(detail) ? detail.map(field).join(" ") : detail;
  const said = text || `The service answered with an error (${response.status}).`;
  return wait ? `${said} Try again in ${wait === 1 ? "a second" : `${wait} seconds`}.` : said;
}

/** A field that is wrong, as the API names it: `{"loc": ["body", "message"], "msg": "must not be blank."}`. */
function field({ loc = [], msg = "is wrong." }) {
  const name = loc.slice(1).join(".");
  return name ? `${name} ${msg}` : msg;
}

/** The `{type, data}` of each `data:` line of an event stream, as they come. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line.startsWith("data: ")) yield JSON.parse(line.slice("data: ".length));
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
