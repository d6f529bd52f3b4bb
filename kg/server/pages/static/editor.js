// The SPARQL editor: completes classes and properties, and runs the query with Ctrl+Enter. Without it the page is a plain form.
"use strict";

(() => {
  const text = document.getElementById("query");
  if (!text) return;
  const hints = document.createElement("ul");
  hints.className = "hints";
  hints.id = "hints";
  hints.hidden = true;
  hints.setAttribute("role", "listbox");
  hints.setAttribute("aria-label", "Matching names");
  text.after(hints);
  text.setAttribute("aria-controls", "hints");
  text.setAttribute("aria-autocomplete", "list");

  let words = null;
  let shown = [];
  let chosen = 0;
  let word = "";

  const load = async () => {
    if (words) return words;
    const vocabulary = await (await fetch(text.dataset.vocabulary)).json();
    const prefixes = Object.entries(vocabulary.prefixes).map(([name, about]) => ({ name: `${name}:`, about, kind: "prefix", uses: 0 }));
    words = [...vocabulary.terms, ...prefixes];
    return words;
  };

  // The name that is being typed: the characters of a prefixed name before the cursor.
  const typed = () => (/(?:^|[\s{}()\/|^,;.!<])([A-Za-z][\w-]*:?[\w.-]*)$/.exec(text.value.slice(0, text.selectionStart)) || ["", ""])[1];

  const close = () => {
    hints.hidden = true;
    shown = [];
    text.removeAttribute("aria-activedescendant");
  };

  const draw = () => {
    hints.replaceChildren(...shown.map((term, number) => {
      const line = document.createElement("li");
      line.id = `hint-${number}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", String(number === chosen));
      line.append(term.name);
      if (term.about) {
        const about = document.createElement("span");
        about.className = "about";
        about.append(term.about);
        line.append(about);
      }
      line.addEventListener("mousedown", (event) => {
        event.preventDefault();
        chosen = number;
        take();
      });
      return line;
    }));
    text.setAttribute("aria-activedescendant", `hint-${chosen}`);
    hints.children[chosen]?.scrollIntoView({ block: "nearest" });
  };

  const place = () => {
    const style = getComputedStyle(text);
    const high = parseFloat(style.lineHeight);
    const before = text.value.slice(0, text.selectionStart).split("\n");
    const wide = parseFloat(style.fontSize) * 0.6 * before[before.length - 1].length;
    hints.style.setProperty("top", `${text.offsetTop + parseFloat(style.paddingTop) + high * before.length - text.scrollTop + 4}px`);
    hints.style.setProperty("left", `${Math.min(text.offsetLeft + wide, Math.max(0, text.offsetWidth - 280))}px`);
  };

  const suggest = async (isRequested) => {
    word = typed();
    if (word.length < 2 && !isRequested) return close();
    const typedName = word.toLowerCase();
    const local = typedName.slice(typedName.indexOf(":") + 1);
    const rank = (term) => {
      const name = term.name.toLowerCase();
      if (name.startsWith(typedName)) return 0;
      const own = name.slice(name.indexOf(":") + 1);
      if (!typedName.includes(":") && own.startsWith(local)) return 1;
      if (typedName.includes(":") || local.length < 3) return 4;
      if (own.includes(local)) return 2;
      return (term.words || []).some((other) => other.startsWith(local)) ? 3 : 4;
    };
    shown = (await load())
      .map((term) => [rank(term), term])
      .filter(([order]) => order < 4)
      .sort((a, b) => a[0] - b[0] || b[1].uses - a[1].uses || a[1].name.localeCompare(b[1].name))
      .slice(0, 40)
      .map(([, term]) => term);
    if (!shown.length || (shown.length === 1 && shown[0].name === word)) return close();
    chosen = 0;
    draw();
    place();
    hints.hidden = false;
  };

  const take = () => {
    const end = text.selectionStart;
    text.setRangeText(shown[chosen].name, end - word.length, end, "end");
    close();
    text.focus();
  };

  text.addEventListener("input", () => suggest(false).catch(close));
  text.addEventListener("blur", close);
  text.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      text.form.requestSubmit();
    } else if (event.ctrlKey && event.key === " ") {
      event.preventDefault();
      suggest(true).catch(close);
    } else if (!hints.hidden) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        chosen = (chosen + step + shown.length) % shown.length;
        draw();
      } else if (event.key === "Enter" || event.key === "Tab") {
        event.preventDefault();
        take();
      } else if (event.key === "Escape") {
        event.preventDefault();
        close();
      }
    }
  });
})();
