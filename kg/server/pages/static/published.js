// A published site in the browser: search, stored queries with other values, and SPARQL, without a server.
// Pages read without this script; it is loaded by the pages of a site that `kg publish` wrote.
"use strict";

(() => {
  const script = document.currentScript;
  const root = new URL("../", script.src);
  const hasSparql = "sparql" in script.dataset;
  const parameters = new URLSearchParams(location.search);
  const MAX_ROWS = 1000;

  const load = (path) => {
    let loading = null;
    return () => (loading ??= fetch(new URL(path, root)).then((response) => {
      if (!response.ok) throw new Error(`${path} cannot be loaded: ${response.status}`);
      return response.json();
    }));
  };
  const names = load("data/names.json");
  const forms = load("data/queries.json");

  const element = (tag, attributes = {}, ...children) => {
    const created = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== undefined) created.setAttribute(name, value);
    created.append(...children.filter((child) => child !== undefined && child !== ""));
    return created;
  };

  // --- names

  const fold = (text) =>
    text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/['‘’ʼ`´]/g, "").replace(/&/g, " and ").replace(/ß/g, "ss")
      .replace(/ø/gi, "o").replace(/æ/gi, "ae").replace(/ł/gi, "l").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();

  const trigrams = (text) => new Set([...` ${text} `].map((_, index, all) => all.slice(index, index + 3).join("")).slice(0, -2));

  // How well a folded name fits folded words: 1 is equal, 0 is not at all.
  const score = (words, name) => {
    if (name === words) return 1;
    if (name.startsWith(words)) return 0.9;
    if (` ${name}`.includes(` ${words}`)) return 0.8;
    if (words.length > 2 && name.includes(words)) return 0.7;
    const [asked, own] = [trigrams(words), trigrams(name)];
    const shared = [...asked].filter((part) => own.has(part)).length;
    const likeness = (2 * shared) / (asked.size + own.size);
    return likeness >= 0.5 ? likeness * 0.7 : 0;
  };

  const search = async (text, kind, limit) => {
    const words = fold(text) || text.trim().toLowerCase();
    if (!words) return [];
    const hits = [];
    for (const [id, url, called, kinds, classes, about, links] of await names()) {
      if (kind && !kinds.includes(kind)) continue;
      const ranked = called
        .map(([name, folded], index) => [Math.max(score(words, folded), score(words, fold(name))) - (index ? 0.01 : 0), name])
        .sort((a, b) => b[0] - a[0]);
      if (ranked[0][0] > 0) hits.push({ id, url, name: called[0][0], called: ranked[0][1], kinds, classes, about, rank: ranked[0][0] + links / 1000 });
    }
    return hits.sort((a, b) => b.rank - a.rank || (a.name < b.name ? -1 : 1)).slice(0, limit);
  };

  for (const field of document.querySelectorAll("input[data-kind]")) {
    const list = document.getElementById(field.getAttribute("list"));
    field.addEventListener("input", async () => {
      const words = field.value.split("|").pop().trim();
      if (words.length < 2) return;
      const before = field.value.slice(0, field.value.lastIndexOf("|") + 1);
      const hits = await search(words, field.dataset.kind, 8);
      list.replaceChildren(...hits.map((hit) => {
        const option = element("option", { value: before ? `${before} ${hit.name}` : hit.name });
        if (hit.called !== hit.name) option.label = `${hit.name} (${hit.called})`;
        return option;
      }));
    });
  }

  const showHits = async () => {
    const words = parameters.get("q") ?? "";
    document.querySelector("main input[name=q]").value = words;
    if (!words.trim()) return;
    document.title = `${words} · ${document.title.split(" · ").pop()}`;
    const hits = await search(words, parameters.get("kind") ?? "", 60);
    const results = document.getElementById("results");
    if (!hits.length) {
      results.replaceChildren(element("div", { class: "problem" }, `No results for “${words}”. Try a part of the name, or another spelling.`));
      return;
    }
    results.replaceChildren(element("ol", { class: "plain matches" }, ...hits.map((hit) => {
      const label = element("span", { class: "label" }, element("a", { href: new URL(hit.url, root) }, element("bdi", {}, hit.name)));
      if (hit.about) label.append(" ", element("span", { class: "about" }, hit.about));
      const line = element("li", {}, label, element("span", { class: "kinds" }, hit.classes));
      if (hit.called !== hit.name) line.append(element("span", { class: "matched-name" }, `also known as ${hit.called}`));
      return line;
    })));
  };

  const filterQueries = () => {
    const words = fold(parameters.get("q") ?? "").split(" ").filter(Boolean);
    document.querySelector("main input[name=q]").value = parameters.get("q") ?? "";
    if (!words.length) return;
    let count = 0;
    for (const section of document.querySelectorAll("main section")) {
      let isShown = false;
      for (const line of section.querySelectorAll("li")) {
        const text = fold(`${line.textContent} ${line.querySelector("a").href} ${section.querySelector("h2").textContent}`);
        line.hidden = !words.every((word) => text.includes(word));
        isShown ||= !line.hidden;
        count += line.hidden ? 0 : 1;
      }
      section.hidden = !isShown;
    }
    const all = element("a", { href: location.pathname }, "show all");
    document.querySelector("main .notice").replaceChildren(`${count} question${count === 1 ? "" : "s"} for “${parameters.get("q")}” – `, all);
  };

  // --- the engine, a worker that is started by the first query

  let worker = null;
  let calls = 0;
  const waiting = new Map();
  const call = (message) => {
    if (!worker) {
      worker = new Worker(new URL("static/engine.bundle.js", root));
      worker.onmessage = ({ data }) => {
        const { resolve, reject } = waiting.get(data.id);
        waiting.delete(data.id);
        if (data.error) reject(new Error(data.error));
        else resolve(data.result);
      };
      worker.onerror = () => {
        for (const { reject } of waiting.values()) reject(new Error("The SPARQL engine cannot be started here."));
        waiting.clear();
      };
    }
    const id = ++calls;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...message });
    });
  };

  // A query without its strings, IRIs and comments.
  const bareOf = (text) =>
    text.replace(/"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|<[^<>\s]*>|#[^\n]*/g, " ");
  const formOf = (text) =>
    (/(?:^|[^?$:\w])(SELECT|ASK|CONSTRUCT|DESCRIBE)\b/i.exec(bareOf(text))?.[1] ?? "SELECT").toUpperCase();
  // The columns of `SELECT *` in the order in which the variables first appear; the engine has them by the alphabet.
  const orderColumns = (text, columns) => {
    const bare = bareOf(text);
    if (!/^[^{]*?(?:^|[^?$:\w])SELECT\s*(?:(?:DISTINCT|REDUCED)\s*)?\*/i.test(bare)) return columns;
    const names = [...new Set([...bare.matchAll(/[?$](\w+)/g)].map((match) => match[1]))];
    return [...columns].sort((a, b) => names.indexOf(a) - names.indexOf(b));
  };
  // The prefixes are before the query, on one line, so that an error is only that line further down.
  const withPrefixes = (text, prefixes) =>
    `${Object.entries(prefixes).map(([name, iri]) => `PREFIX ${name}: <${iri}>`).join(" ")}\n${text}`;

  const key = (row) => JSON.stringify(row);
  const toAnswer = (text, result) => {
    if (typeof result.boolean === "boolean") return { truth: result.boolean };
    const columns = orderColumns(text, result.head.vars);
    return { columns, rows: result.results.bindings.map((row) => columns.map((column) => row[column] ?? null)) };
  };

  // The answer to a query: `truth`, `triples`, or `columns` and `rows`.
  const ask = async (text, graphs) => {
    const { prefixes } = await forms();
    const isTriples = ["CONSTRUCT", "DESCRIBE"].includes(formOf(text));
    const result = await call({ text: withPrefixes(text, prefixes), format: isTriples ? "ttl" : "json", graphs });
    return isTriples ? { triples: result } : toAnswer(text, JSON.parse(result));
  };

  // The answer to a stored query; a row that holds only with a value that is undecided is marked `contested`.
  const askStored = async (query, text) => {
    const answer = await ask(text);
    const { undecided } = await forms();
    if (!answer.rows || !undecided.some((property) => text.includes(property))) return answer;
    const wider = await ask(text, ["", "https://w3id.org/filmgraph/graph/undecided"]);
    const known = new Map();
    for (const row of answer.rows) known.set(key(row), (known.get(key(row)) ?? 0) + 1);
    const marked = wider.rows.map((row) => {
      const left = known.get(key(row)) ?? 0;
      known.set(key(row), left - 1);
      return left > 0 ? null : { type: "literal", value: "true", datatype: "http://www.w3.org/2001/XMLSchema#boolean" };
    });
    if (!marked.some(Boolean)) return wider;
    return { columns: [...wider.columns, "contested"], rows: wider.rows.map((row, index) => [...row, marked[index]]) };
  };

  // --- values of parameters

  const XSD = "http://www.w3.org/2001/XMLSchema#";
  const quote = (text) => `"${text.replace(/[\\"\n\r\t]/g, (char) => ({ "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t" })[char])}"`;
  const typed = (text, type) => `${quote(text)}^^<${XSD}${type}>`;

  const toIri = (text, prefixes) => {
    const match = /^([A-Za-z][\w-]*):([^\s<>"{}|\\^`]+)$/.exec(text);
    if (/^<[^<>\s]+>$/.test(text)) return text;
    if (/^https?:\/\/[^\s<>"{}|\\^`]+$/.test(text)) return `<${text}>`;
    return match && match[1] in prefixes ? `<${prefixes[match[1]]}${match[2]}>` : null;
  };

  const lastDay = (year, month) => String(new Date(Date.UTC(year, month, 0)).getUTCDate()).padStart(2, "0");
  const toDay = (text, edge) => {
    const match = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(text);
    if (!match) throw new Error(`${text} is not a date. Write 2024, 2024-10 or 2024-10-18.`);
    const isLatest = edge === "latest";
    const month = match[2] ?? (isLatest ? "12" : "01");
    return `${match[1]}-${month}-${match[3] ?? (isLatest ? lastDay(Number(match[1]), Number(month)) : "01")}`;
  };

  // The entities of a name, as the server finds them: by label, by other names, then without regard to case and accents.
  const named = async (text, kind) => {
    const rows = (await names()).filter(([, , , kinds]) => !kind || kinds.includes(kind));
    const tests = [
      ([[label]]) => label === text,
      (called) => called.some(([name]) => name === text),
      (called) => called.some(([name]) => name.toLowerCase() === text.toLowerCase()),
      (called) => called.some(([name, folded]) => folded === fold(text) || fold(name) === fold(text)),
    ];
    for (const test of tests) {
      const found = rows.filter(([, , called]) => test(called)).map(([id]) => id);
      if (found.length) return found;
    }
    return [];
  };

  const toTerm = async (text, parameter, { prefixes }) => {
    switch (parameter.type) {
      case "entity": {
        const iri = toIri(text, prefixes);
        if (iri) return iri;
        const equal = await named(text, parameter.class);
        if (equal.length === 1) return toIri(equal[0], prefixes);
        const likely = equal.length ? equal : (await search(text, parameter.class, 5)).map((hit) => hit.name);
        throw new Error(`${equal.length ? "Several entities are called" : "Nothing is called"} “${text}”.${likely.length ? ` Did you mean ${likely.join(", ")}?` : ""}`);
      }
      case "property":
      case "class": {
        const iri = toIri(text, prefixes);
        if (iri) return iri;
        const vocabulary = await (await fetch(new URL("vocabulary.json", root))).json();
        const term = vocabulary.terms.find(({ name, words, kind }) => kind === parameter.type && (name.split(":")[1] === text || words.includes(text.toLowerCase())));
        if (!term) throw new Error(`There is no ${parameter.type} called “${text}”.`);
        return toIri(term.name, prefixes);
      }
      case "date": return typed(toDay(text, parameter.edge), "date");
      case "number":
        if (!/^[+-]?\d+(\.\d+)?$/.test(text)) throw new Error(`${text} is not a number.`);
        return typed(text, text.includes(".") ? "decimal" : "integer");
      case "boolean": {
        const truth = { true: "true", yes: "true", 1: "true", false: "false", no: "false", 0: "false" }[text.toLowerCase()];
        if (!truth) throw new Error(`${text} is neither true nor false.`);
        return typed(truth, "boolean");
      }
      default: return quote(text);
    }
  };

  const bind = async (query, values, document) => {
    const terms = {};
    for (const parameter of query.params) {
      const text = (values[parameter.name] ?? "").trim();
      if (!text && !parameter.optional) throw new Error(`${parameter.name.replaceAll("_", " ")} is missing.`);
      const texts = parameter.list ? text.split("|").map((part) => part.trim()).filter(Boolean) : text ? [text] : [];
      terms[parameter.name] = (await Promise.all(texts.map((part) => toTerm(part, parameter, document)))).join(" ") || "UNDEF";
    }
    return query.pieces.map((piece) => (Array.isArray(piece) ? ` ${terms[piece[0]]} ` : piece)).join("");
  };

  // --- answers

  const MONTHS = "January February March April May June July August September October November December".split(" ");
  const inWords = ({ value, datatype = "" }) => {
    const type = datatype.replace(XSD, "");
    const date = /^(\d{4})-(\d\d)(?:-(\d\d))?(?:T.*)?$/.exec(value);
    if (date && ["date", "gYearMonth", "dateTime"].includes(type)) return `${date[3] ? `${Number(date[3])} ` : ""}${MONTHS[Number(date[2]) - 1]} ${date[1]}`;
    if (type === "boolean") return value === "true" || value === "1" ? "yes" : "no";
    return ["integer", "decimal"].includes(type) ? value.replace(/^-?\d{5,}/, (whole) => Number(whole).toLocaleString("en")) : value;
  };
  const isNumber = (term) => term?.datatype?.startsWith(XSD) && ["integer", "decimal", "double"].includes(term.datatype.slice(XSD.length));

  const cell = (term, labels, pages, prefixes) => {
    if (!term) return "";
    if (term.type === "triple") return JSON.stringify(term.value);
    if (term.type !== "uri") return element("bdi", { lang: term["xml:lang"] }, term.type === "bnode" ? `_:${term.value}` : inWords(term));
    const [prefix, namespace] = Object.entries(prefixes).find(([, iri]) => term.value.startsWith(iri)) ?? ["", ""];
    const short = namespace ? `${prefix}:${term.value.slice(namespace.length)}` : term.value;
    const text = element("bdi", {}, labels.get(term.value) || short);
    const page = pages.get(short);
    return page ? element("a", { href: new URL(page, root) }, text) : text;
  };

  const csv = ({ columns, rows }) => {
    const field = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    return [columns, ...rows.map((row) => row.map((term) => term?.value ?? ""))].map((row) => row.map(field).join(",")).join("\r\n");
  };
  const download = (title, text, type, name) => element("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name }, title);

  const downloads = (...links) => element("div", { class: "actions answered" }, element("span", {}, "Download ", ...links));

  const show = async (answer, name) => {
    if ("truth" in answer) return [element("p", { class: "lead" }, answer.truth ? "Yes." : "No.")];
    if ("triples" in answer) {
      const links = downloads(download("Turtle", answer.triples, "text/turtle", `${name}.ttl`));
      return [element("pre", { class: "answer-text", tabindex: "0" }, answer.triples), links];
    }
    const { columns, rows } = answer;
    if (!rows.length) return [element("div", { class: "problem" }, element("b", {}, "No results."))];
    const shown = rows.slice(0, MAX_ROWS);
    const iris = new Set(shown.flat().filter((term) => term?.type === "uri").map((term) => term.value));
    const labels = new Map(await call({ labels: [...iris] }));
    const pages = new Map((await names()).map(([id, url]) => [id, url]));
    const { prefixes } = await forms();
    const numeric = columns.map((_, index) => shown.every((row) => isNumber(row[index])));
    const attributes = (index) => (numeric[index] ? { class: "number" } : {});
    const head = element("thead", {}, element("tr", {}, ...columns.map((column, index) => element("th", { scope: "col", ...attributes(index) }, column.replaceAll("_", " ")))));
    const body = element("tbody", {}, ...shown.map((row) => element("tr", {}, ...row.map((term, index) => element("td", attributes(index), cell(term, labels, pages, prefixes))))));
    const table = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The answer" }, element("table", { class: "answer" }, head, body));
    const count = rows.length > MAX_ROWS ? `The first ${MAX_ROWS.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows` : `${rows.length} row${rows.length === 1 ? "" : "s"}`;
    const results = { head: { vars: columns }, results: { bindings: rows.map((row) => Object.fromEntries(row.map((term, index) => [columns[index], term]).filter(([, term]) => term))) } };
    const links = downloads(download("CSV", csv(answer), "text/csv", `${name}.csv`), ", ", download("JSON", JSON.stringify(results), "application/sparql-results+json", `${name}.json`));
    return [table, element("p", { class: "notice" }, count), links];
  };

  const answerSection = (after) => {
    const section = document.getElementById("answer") ?? element("section", { id: "answer" });
    if (!section.isConnected) after.after(section);
    section.setAttribute("aria-live", "polite");
    section.replaceChildren(element("h2", {}, "Answer"), element("p", { class: "notice" }, "Loading the data …"));
    return section;
  };
  const problem = (error) => element("div", { class: "problem", role: "alert" }, error.message);

  // --- stored queries and SPARQL

  const runStored = async (form, values) => {
    const section = answerSection(form.closest(".question"));
    try {
      const document = await forms();
      const name = decodeURIComponent(new URL(form.action).pathname.replace(/\/$/, "").split("/").pop());
      const query = document.queries[name];
      const answer = await askStored(query, await bind(query, values, document));
      section.replaceChildren(element("h2", {}, "Answer"), ...(await show(answer, name)));
      section.dataset.rows = String(answer.rows?.length ?? 1);
    } catch (error) {
      section.replaceChildren(problem(error));
    }
  };

  const onQueryPage = (form) => {
    const values = () => Object.fromEntries(new FormData(form));
    if (location.search) {
      for (const field of form.elements) if (field.name) field.value = parameters.get(field.name) ?? "";
      runStored(form, values());
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = Object.fromEntries(Object.entries(values()).filter(([, value]) => value));
      history.pushState(null, "", `?${new URLSearchParams(given)}`);
      runStored(form, values());
    });
    window.addEventListener("popstate", () => location.reload());
  };

  const runSparql = async (form, text) => {
    document.querySelector("#examples details").open = false;
    const section = answerSection(form);
    try {
      section.replaceChildren(element("h2", {}, "Answer"), ...(await show(await ask(text), "answer")));
    } catch (error) {
      const place = /(?:error at|at line)?\s*(\d+):(\d+)/.exec(error.message);
      const shown = problem(error);
      section.replaceChildren(shown);
      if (place) {
        Object.assign(shown.dataset, { line: String(Math.max(1, Number(place[1]) - 1)), column: place[2], detail: error.message });
        shown.textContent = error.message.replace(place[0], `Error in line ${shown.dataset.line}, column ${place[2]}`);
        document.dispatchEvent(new CustomEvent("kg-problem", { detail: shown }));
      }
    }
  };

  const onSparqlPage = (form) => {
    const field = form.querySelector("textarea");
    const text = parameters.get("query");
    if (text) {
      field.value = text;
      runSparql(form, text);
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      history.pushState(null, "", `?${new URLSearchParams({ query: field.value })}`);
      runSparql(form, field.value);
    });
    for (const link of document.querySelectorAll("#examples a")) {
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        field.value = new URL(link.href).searchParams.get("query");
        document.dispatchEvent(new CustomEvent("kg-query", { detail: field.value }));
        form.requestSubmit();
        form.scrollIntoView();
      });
    }
  };

  const query = document.querySelector(".question form");
  const editor = document.getElementById("editor");
  const path = location.pathname.slice(root.pathname.length);
  if (document.getElementById("results")) showHits();
  if (/^queries\/(index\.html)?$/.test(path)) filterQueries();
  if (query && hasSparql) onQueryPage(query);
  if (editor && hasSparql) onSparqlPage(editor);
  window.kgSite = { ask, askStored, bind, forms };
})();
