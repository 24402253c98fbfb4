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
      inline(item[3], block, sources);
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

const TOKEN = /\\([!-/:-@[-`{-~])|(`+) ?([^]*?) ?\2(?!`)|\[\[(\d+)\]\](?:\([^)\s]*\))?|\[(\d+)\]|!?\[([^\]]*)\]\([^)]*\)|\*\*|\*/g;

function inline(text, block, sources) {
  let [at, into] = [0, block];
  for (const token of text.matchAll(TOKEN)) {
    if (token.index < at) continue;
    into.append(text.slice(at, token.index));
    at = token.index + token[0].length;
    const [whole, escaped, marks, code, linked, bare, label] = token;
    const n = linked ?? bare;
    if (whole === "**" && into.localName === "em" && into.parentElement?.localName === "strong") {
      // The end of both: the inner one first. The second mark is read again.
      at -= 1;
      into = into.parentElement;
      if (text[at] === "*" && text[at + 1] === "*") {
        at += 2;
        into = into.parentNode;
      }
    } else if (whole === "**" || whole === "*") {
      const tag = whole === "*" ? "em" : "strong";
      into = into.localName === tag ? into.parentNode : into.appendChild(el(tag));
    } else if (n) {
      const source = sources.find((source) => String(source.n) === n);
      into.append(source ? citation(n, source.url, source.title) : `[${n}]`);
    } else if (marks) {
      into.append(el("code", {}, code));
    } else {
      into.append(escaped ?? label ?? "");
    }
  }
  into.append(text.slice(at));
}

/** The words alone, for a line of preview. */
export function words(markdown) {
  const text = markdown.replaceAll(/\[\[?\d+\]?\](\([^)\s]*\))?/g, "").replaceAll(/\*+|`+|^ *([-+#]+|\d+[.)]) /gm, "");
  return text.replaceAll(/\\([!-/:-@[-`{-~])/g, "$1").replaceAll(/\s+/g, " ").replaceAll(/ ([.,;:!?])/g, "$1").trim();
}
