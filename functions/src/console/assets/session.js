// Who is signed in, what is connected and how far the reading is. It is looked at again and again while the page is seen.

import { get } from "./api.js";

const OFTEN = 2_000;
const SELDOM = 15_000;
/** After somebody asked for something, what comes of it is awaited this long. */
const EAGER = 30_000;

/** Says `user` and `progress` when there is news of them. */
class Session extends EventTarget {
  /** As `GET /api/auth/me` has it; null when nobody is signed in. */
  user = null;
  /** As `GET /api/ingest/status` has it; null before the first answer. */
  progress = null;
  /** Why the progress is not known, as a sentence. */
  trouble = null;

  #timer;
  #watching = false;
  #eagerUntil = 0;

  constructor() {
    super();
    document.addEventListener("visibilitychange", () => this.#watching && !document.hidden && this.look());
  }

  async load() {
    this.user = (await get("/api/auth/me")).user;
    this.dispatchEvent(new Event("user"));
    return this.user;
  }

  watch() {
    this.#watching = true;
    return this.look();
  }

  end() {
    this.#watching = false;
    clearTimeout(this.#timer);
    [this.user, this.progress, this.trouble] = [null, null, null];
  }

  /** Looks at once, and often for a while. */
  hurry() {
    this.#eagerUntil = Date.now() + EAGER;
    return this.look();
  }

  async look() {
    clearTimeout(this.#timer);
    try {
      const before = this.progress;
      const progress = await get("/api/ingest/status");
      if (!this.#watching) return;
      [this.progress, this.trouble] = [progress, null];
      if (before && connections(before) !== connections(progress)) await this.load();
    } catch (error) {
      this.trouble = error.message;
    }
    if (!this.#watching) return;
    this.dispatchEvent(new Event("progress"));
    clearTimeout(this.#timer);
    const often = !this.progress?.complete || Date.now() < this.#eagerUntil;
    if (!document.hidden) this.#timer = setTimeout(() => this.look(), often ? OFTEN : SELDOM);
  }
}

const connections = ({ gmail_connected: google, hubspot_connected: hubspot }) => `${google} ${hubspot}`;

export const session = new Session();
