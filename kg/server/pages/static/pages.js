// Everything works without this: it closes notes that are no longer read, keeps them on the screen, and suggests names.
"use strict";

(() => {
  const open = () => document.querySelectorAll(".cite details[open]");

  document.addEventListener("click", (event) => {
    for (const one of open()) if (!one.contains(event.target)) one.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const one of open()) {
      one.open = false;
      one.querySelector("summary").focus();
    }
  });

  const settle = (cite) => {
    const note = cite.querySelector(".said");
    cite.classList.remove("from-right");
    if (cite.getBoundingClientRect().left + note.offsetWidth > document.documentElement.clientWidth - 16) {
      cite.classList.add("from-right");
    }
  };
  for (const cite of document.querySelectorAll(".cite")) {
    cite.addEventListener("pointerenter", () => settle(cite));
    cite.querySelector("details").addEventListener("toggle", () => settle(cite));
  }

  for (const field of document.querySelectorAll("input[data-suggest]")) {
    const list = document.getElementById(field.getAttribute("list"));
    let asked = "";
    let waiting = 0;
    const fill = async () => {
      const words = field.value.split("|").pop().trim();
      if (words.length < 2 || words === asked) return;
      asked = words;
      const address = new URL(field.dataset.suggest, location.href);
      address.searchParams.set("q", words);
      const response = await fetch(address);
      if (!response.ok || words !== asked) return;
      const before = field.value.slice(0, field.value.lastIndexOf("|") + 1);
      list.replaceChildren(...(await response.json()).map((match) => {
        const option = document.createElement("option");
        option.value = before ? `${before} ${match.name}` : match.name;
        if (match.called !== match.name) option.label = `${match.name} (${match.called})`;
        return option;
      }));
    };
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => fill().catch(() => {}), 120);
    });
  }

  // A question's empty field takes its example with the right arrow or Tab-free click on the placeholder's words.
  for (const field of document.querySelectorAll(".question input[placeholder]")) {
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowRight" && field.value === "") field.value = field.placeholder;
    });
  }
})();
