// Answers that were kept are Markdown: paragraphs, lists, code, bold, italics, and `[[n]](url)` for what they cite.

import { el } from "./dom.js";
import { citation } from "./html.js";

const FENCE = /^ *(`{3,})[^`]*$/;
const ITEM = /^( *)([-*+]|\d+[.)]) +(.*)$/;
const HEADING = /^#{1,6} +(.*)$/;
const INDENT = 4;

/** A fragment. Addresses are taken from `sources` alone, by their number. */
export function rendered(markdown, sources) {
  const fragment = document.createDocumentFragment();
  const lines = markdown.split("\n");
  /** The lists that are open, outermost first. */
  let lists = [];
  /** What a line of text goes on with, if there is no blank line between. */
  let block = null;

  while (lines.length > 0) {
    const line = lines.shift();
    const [fence, item, heading] = [FENCE.exec(line), ITEM.exec(line), HEADING.exec(line)];
    if (fence) {
      const end = lines.findIndex((later) => later.trim() === fence[1]);
      const code = lines.splice(0, end < 0 ? lines.length : end + 1).slice(0, end < 0 ? undefined : -1);
      fragment.append(el("pre", {}, el("code", {}, code.join("\n"))));
      [lists, block] = [[], null];
    } else if (item) {
      block = inList(fragment, lists, item);
      inline(item[3].trimEnd(), block, sources);
    } else if (line.trim() === "") {
      block = null;
    } else if (block && !heading) {
      block.append(el("br"));
      inline(line.trim(), block, sources);
    } else {
      block = el("p");
      fragment.append(block);
      inline(heading ? `**${heading[1]}**` : line.trim(), block, sources);
      lists = [];
      if (heading) block = null;
    }
  }
  return fragment;
}

function inList(fragment, lists, [, spaces, mark]) {
  const depth = Math.min(Math.floor(spaces.length / INDENT), lists.length);
  lists.length = Math.min(lists.length, depth + 1);
  if (lists.length === depth) {
    const list = el(/\d/.test(mark) ? "ol" : "ul");
    (lists.at(-1)?.lastElementChild ?? fragment).append(list);
    lists.push(list);
  }
  const item = el("li");
  lists.at(-1).append(item);
  return item;
}

const TOKEN = /\\([!-/:-@[-`{-~])|(`+) ?([^]*?) ?\2(?!`)|\[\[(\d+)\]\](?:\([^)\s]*\))?|\[(\d+)\]|!?\[([^\]]*)\]\([^)]*\)|(\*{1,3})/g;

function inline(text, block, sources) {
  let [at, strong, emphasised] = [0, false, false];
  const add = (...nodes) => {
    if (nodes.every((node) => node === "")) return;
    const inner = emphasised ? [el("em", {}, nodes)] : nodes;
    block.append(...(strong ? [el("strong", {}, inner)] : inner));
  };
  for (const { 0: whole, index, ...token } of text.matchAll(TOKEN)) {
    add(text.slice(at, index));
    at = index + whole.length;
    const { 1: escaped, 2: marks, 3: code, 4: linked, 5: bare, 6: label, 7: stars } = token;
    const n = linked ?? bare;
    if (stars) {
      if (stars.length > 1) strong = !strong;
      if (stars.length !== 2) emphasised = !emphasised;
    } else if (n) {
      const source = sources.find((source) => String(source.n) === n);
      add(source ? citation(n, source.url, source.title) : `[${n}]`);
    } else {
      add(marks ? el("code", {}, code) : (escaped ?? label));
    }
  }
  add(text.slice(at));
}

/** The words alone, for a line of preview. */
export function words(markdown) {
  const text = markdown.replaceAll(/\[\[?\d+\]?\](\([^)\s]*\))?/g, "").replaceAll(/\*+|`+|^ *([-+#]+|\d+[.)]) /gm, "");
  return text.replaceAll(/\\([!-/:-@[-`{-~])/g, "$1").replaceAll(/\s+/g, " ").replaceAll(/ ([.,;:!?])/g, "$1").trim();
}
