// The SPARQL editor: completes the graph's own words, and runs with Ctrl+Enter. Without it the page is a plain form.
"use strict";

(() => {
  const text = document.getElementById("query");
  if (!text) return;
  const hints = document.createElement("ul");
  hints.className = "hints";
  hints.id = "hints";
  hints.hidden = true;
  hints.setAttribute("role", "listbox");
  hints.setAttribute("aria-label", "Names that fit");
  text.after(hints);
  text.setAttribute("aria-controls", "hints");
  text.setAttribute("aria-autocomplete", "list");

  let words = null;
  let shown = [];
  let chosen = 0;
  let word = "";

  const load = async () => {
    if (words) return words;
    const told = await (await fetch(text.dataset.vocabulary)).json();
    const prefixes = Object.entries(told.prefixes).map(([name, about]) => ({ name: `${name}:`, about, kind: "prefix", uses: 0 }));
    words = [...told.terms, ...prefixes];
    return words;
  };

  // The name that is being typed: letters up to the cursor that may stand in a prefixed name.
  const typed = () => (/(?:^|[\s{}()\/|^,;.!<])([A-Za-z][\w-]*:?[\w.-]*)$/.exec(text.value.slice(0, text.selectionStart)) || ["", ""])[1];

  const close = () => {
    hints.hidden = true;
    shown = [];
    text.removeAttribute("aria-activedescendant");
  };

  const draw = () => {
    hints.replaceChildren(...shown.map((one, number) => {
      const line = document.createElement("li");
      line.id = `hint-${number}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", String(number === chosen));
      line.append(one.name);
      if (one.about) {
        const about = document.createElement("span");
        about.className = "about";
        about.append(one.about);
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

  const suggest = async (asked) => {
    word = typed();
    if (word.length < 2 && !asked) return close();
    const wanted = word.toLowerCase();
    const local = wanted.slice(wanted.indexOf(":") + 1);
    const rank = (one) => {
      const name = one.name.toLowerCase();
      if (name.startsWith(wanted)) return 0;
      const own = name.slice(name.indexOf(":") + 1);
      if (!wanted.includes(":") && own.startsWith(local)) return 1;
      return !wanted.includes(":") && local.length > 2 && own.includes(local) ? 2 : 3;
    };
    shown = (await load())
      .map((one) => [rank(one), one])
      .filter(([order]) => order < 3)
      .sort((one, other) => one[0] - other[0] || other[1].uses - one[1].uses || one[1].name.localeCompare(other[1].name))
      .slice(0, 40)
      .map(([, one]) => one);
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
