// The SPARQL editor: CodeMirror in the place of the text area, which stays the field of the form.
// It is in a shadow root, where its styles are adopted and not inline, as the policy of the pages demands.
import { acceptCompletion, autocompletion, startCompletion } from "@codemirror/autocomplete";
import { indentWithTab } from "@codemirror/commands";
import { HighlightStyle, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { linter, setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";
import { sparql } from "codemirror-lang-sparql";
import { format, isSame } from "./format.js";

const STORE = "kg-sparql";
const MAX_HISTORY = 30;
const KEYWORDS = "SELECT CONSTRUCT DESCRIBE ASK WHERE DISTINCT FROM NAMED PREFIX UNION OPTIONAL MINUS GRAPH FILTER BIND VALUES GROUP BY HAVING ORDER BY ASC DESC LIMIT OFFSET NOT EXISTS COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT STR LANG DATATYPE BOUND IF COALESCE REGEX CONTAINS STRSTARTS CONCAT YEAR";

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--link)", fontWeight: "600" },
  { tag: tags.variableName, color: "var(--focus)" },
  { tag: [tags.string, tags.integer, tags.float, tags.bool], color: "var(--accepted)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
  { tag: [tags.url, tags.annotation, tags.typeName], color: "var(--rejected)" },
]);

const theme = EditorView.theme({
  "&": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "6px", fontSize: ".9rem" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", minHeight: "13rem", maxHeight: "34rem" },
  ".cm-content": { caretColor: "var(--ink)", padding: ".6rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--faint)", color: "var(--quiet)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--faint) 60%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--mark)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "6px" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--faint)", color: "var(--ink)" },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "18rem", maxWidth: "min(44rem, 92vw)" },
  ".cm-completionDetail": { color: "var(--quiet)", fontStyle: "normal", fontFamily: "var(--sans)", marginLeft: "1em" },
});

// --- completion

let vocabulary = null;
const load = (url) => (vocabulary ??= fetch(url).then((response) => response.json()));

// How well a term fits what is typed: 0 is best, 4 is not at all. Its labels and other words count as well.
function rank(term, typed) {
  const name = term.name.toLowerCase();
  if (name.startsWith(typed)) return 0;
  const own = name.slice(name.indexOf(":") + 1);
  if (typed.includes(":")) return own.startsWith(typed.slice(typed.indexOf(":") + 1)) && name.split(":")[0] === typed.split(":")[0] ? 1 : 4;
  if (own.startsWith(typed)) return 1;
  if (typed.length < 3) return 4;
  if (own.includes(typed)) return 2;
  return (term.words || []).some((word) => word.startsWith(typed)) ? 3 : 4;
}

function completions(url) {
  return async (context) => {
    const variable = context.matchBefore(/[?$]\w*/);
    if (variable) {
      const names = new Set([...context.state.doc.toString().matchAll(/[?$]\w+/g)].map((match) => match[0]));
      names.delete(variable.text);
      return { from: variable.from, options: [...names].map((label) => ({ label, type: "variable" })) };
    }
    const word = context.matchBefore(/[\p{L}][\p{L}\d_-]*:?[\p{L}\d_.-]*/u);
    if (!context.explicit && (!word || word.text.length < 2)) return null;
    const typed = (word?.text ?? "").toLowerCase();
    const { prefixes, terms } = await load(url);
    const ranked = terms
      .map((term) => [rank(term, typed), term])
      .filter(([order]) => order < 4)
      .sort((a, b) => a[0] - b[0] || b[1].uses - a[1].uses || (a[1].name < b[1].name ? -1 : 1))
      .slice(0, 60)
      .map(([, term]) => ({ label: term.name, detail: term.words?.[0] ?? "", info: term.about || undefined, type: term.kind === "class" ? "class" : "property" }));
    const others = [
      ...Object.keys(prefixes).map((prefix) => ({ label: `${prefix}:`, detail: prefixes[prefix], type: "namespace" })),
      ...[...new Set(KEYWORDS.split(" "))].map((label) => ({ label, type: "keyword" })),
    ].filter((option) => option.label.toLowerCase().startsWith(typed));
    const options = [...ranked, ...others].map((option, index) => ({ ...option, boost: -index }));
    return { from: word?.from ?? context.pos, options, filter: false };
  };
}

// --- errors

function diagnostics(url) {
  return async (view) => {
    const found = [];
    const text = view.state.doc.toString();
    if (!text.trim()) return found;
    syntaxTree(view.state).iterate({
      enter: (node) => {
        if (!node.type.isError || found.length) return;
        // The word at the place where the grammar finds no way on.
        const from = node.from + (/^\s*/.exec(text.slice(node.from))[0].length);
        const word = /^[^\s{}();,]+/.exec(text.slice(from))?.[0] ?? "";
        const to = Math.min(text.length, Math.max(from + word.length, from + 1));
        const start = from < text.length ? from : Math.max(0, text.length - 1);
        found.push({ from: Math.min(start, to), to, severity: "error", message: word ? `“${word}” is not expected here.` : "The query is incomplete." });
      },
    });
    const { prefixes } = await load(url);
    const declared = new Set([...text.matchAll(/\bPREFIX\s+([\p{L}\d_-]*):/giu)].map((match) => match[1]));
    syntaxTree(view.state).iterate({
      enter: (node) => {
        if (node.name !== "PrefixedName") return;
        const prefix = text.slice(node.from, node.to).split(":")[0];
        if (!declared.has(prefix) && !(prefix in prefixes)) {
          found.push({ from: node.from, to: node.from + prefix.length + 1, severity: "error", message: `The prefix ${prefix}: is not declared.` });
        }
      },
    });
    return found;
  };
}

// --- tabs and history, kept in the browser

function read() {
  try {
    const stored = JSON.parse(localStorage.getItem(STORE)) ?? {};
    return { tabs: stored.tabs ?? [], active: stored.active ?? 0, history: stored.history ?? [] };
  } catch {
    return { tabs: [], active: 0, history: [] };
  }
}

function write(memory) {
  try {
    localStorage.setItem(STORE, JSON.stringify(memory));
  } catch {
    // Without storage, tabs last as long as the page.
  }
}

function button(text, action, title = "") {
  const created = document.createElement("button");
  created.type = "button";
  created.textContent = text;
  if (title) created.title = title;
  created.addEventListener("click", action);
  return created;
}

// --- the editor

function start(field) {
  const memory = read();
  const isAsked = new URLSearchParams(location.search).has("query");
  if (!memory.tabs.length) memory.tabs = [field.value];
  memory.active = Math.min(memory.active, memory.tabs.length - 1);
  if (isAsked) {
    memory.tabs[memory.active] = field.value;
    if (!document.querySelector(".problem[data-line]")) remember(field.value);
  }

  const host = document.createElement("div");
  host.className = "code";
  field.after(host);
  field.hidden = true;
  field.required = false;
  const root = host.attachShadow({ mode: "open" });
  const url = field.dataset.vocabulary;
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: memory.tabs[memory.active],
      extensions: [
        Prec.highest(keymap.of([
          { key: "Mod-Enter", run: () => { run(); return true; } },
          { key: "Shift-Alt-f", run: () => { tidy(); return true; } },
          { key: "Tab", run: acceptCompletion },
        ])),
        basicSetup,
        keymap.of([indentWithTab]),
        sparql(),
        syntaxHighlighting(colours),
        theme,
        autocompletion({ override: [completions(url)], icons: false, interactionDelay: 0 }),
        linter(diagnostics(url), { delay: 400 }),
        placeholder("SELECT …"),
        EditorView.contentAttributes.of({ "aria-label": "Query", tabindex: "0" }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          field.value = update.state.doc.toString();
          memory.tabs[memory.active] = field.value;
          write(memory);
        }),
      ],
    }),
  });
  field.value = view.state.doc.toString();

  const replace = (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
  function remember(text) {
    memory.history = [text, ...memory.history.filter((other) => other !== text)].slice(0, MAX_HISTORY);
    write(memory);
  }
  function run() {
    remember(view.state.doc.toString());
    field.form.requestSubmit();
  }
  function tidy() {
    const text = view.state.doc.toString();
    const tidied = format(text);
    if (isSame(text, tidied)) replace(tidied);
  }

  const tabs = document.createElement("div");
  tabs.className = "tabs";
  tabs.setAttribute("role", "group");
  tabs.setAttribute("aria-label", "Queries");
  const show = (number) => {
    memory.active = number;
    replace(memory.tabs[number]);
    write(memory);
    draw();
  };
  const draw = () => {
    const shown = memory.tabs.map((_, number) => {
      const tab = button(String(number + 1), () => show(number), `Query ${number + 1}`);
      if (number === memory.active) tab.setAttribute("aria-current", "true");
      return tab;
    });
    const others = [button("+", () => { memory.tabs.push(""); show(memory.tabs.length - 1); view.focus(); }, "New query")];
    if (memory.tabs.length > 1) {
      others.push(button("×", () => { memory.tabs.splice(memory.active, 1); show(Math.max(0, memory.active - 1)); }, "Close this query"));
    }
    tabs.replaceChildren(...shown, ...others);
  };
  draw();
  host.before(tabs);

  const past = document.createElement("select");
  past.setAttribute("aria-label", "Earlier queries");
  const fill = () => {
    const title = (text) => text.split("\n").filter((line) => line.trim() && !/^\s*(#|PREFIX\b)/i.test(line)).join(" ").replace(/\s+/g, " ").slice(0, 80);
    past.replaceChildren(new Option("Earlier queries", ""), ...memory.history.map((text, number) => new Option(title(text), String(number))));
    past.hidden = memory.history.length === 0;
  };
  fill();
  past.addEventListener("change", () => {
    if (past.value) replace(memory.history[Number(past.value)]);
    past.value = "";
  });
  const share = button("Copy link", async () => {
    const link = new URL(field.form.action);
    link.searchParams.set("query", view.state.doc.toString());
    await navigator.clipboard.writeText(link.href);
    share.textContent = "Link copied";
    setTimeout(() => { share.textContent = "Copy link"; }, 2000);
  });
  const actions = field.form.querySelector(".actions");
  actions.querySelector("button").after(button("Format", tidy, "Shift+Alt+F"), share, past);
  field.form.addEventListener("submit", () => { remember(view.state.doc.toString()); fill(); });

  // Where the engine found an error, if the grammar found none: that of the grammar is at the word that is wrong.
  const mark = (problem) => {
    let isMarked = false;
    syntaxTree(view.state).iterate({ enter: (node) => { isMarked ||= node.type.isError; } });
    if (isMarked) return;
    const line = view.state.doc.line(Math.min(Number(problem.dataset.line), view.state.doc.lines));
    const from = Math.min(line.to, line.from + Number(problem.dataset.column) - 1);
    const word = /^\S+/.exec(view.state.doc.sliceString(from, line.to))?.[0] ?? "";
    view.dispatch(setDiagnostics(view.state, [{ from, to: from + word.length, severity: "error", message: problem.dataset.detail }]));
  };
  const problem = document.querySelector(".problem[data-line]");
  if (problem && isAsked) mark(problem);
  document.addEventListener("kg-problem", (event) => mark(event.detail));
  document.addEventListener("kg-query", (event) => replace(event.detail));
  document.querySelector("label[for=query]")?.addEventListener("click", () => view.focus());
  field.form.dataset.editor = "ready";
  return { view, startCompletion };
}

const field = document.getElementById("query");
if (field) start(field);
