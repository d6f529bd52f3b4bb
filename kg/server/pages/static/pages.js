// Pages work without this script: it closes open citations, keeps them on the screen, and suggests names.
"use strict";

(() => {
  const openCitations = () => document.querySelectorAll(".cite details[open]");

  document.addEventListener("click", (event) => {
    for (const details of openCitations()) if (!details.contains(event.target)) details.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const details of openCitations()) {
      details.open = false;
      details.querySelector("summary").focus();
    }
  });

  const place = (cite) => {
    const sources = cite.querySelector(".sources");
    cite.classList.remove("from-right");
    if (cite.getBoundingClientRect().left + sources.offsetWidth > document.documentElement.clientWidth - 16) {
      cite.classList.add("from-right");
    }
  };
  for (const cite of document.querySelectorAll(".cite")) {
    cite.addEventListener("pointerenter", () => place(cite));
    cite.querySelector("details").addEventListener("toggle", () => place(cite));
  }

  for (const field of document.querySelectorAll("input[data-suggest]")) {
    const list = document.getElementById(field.getAttribute("list"));
    let suggested = "";
    let waiting = 0;
    const fill = async () => {
      const words = field.value.split("|").pop().trim();
      if (words.length < 2 || words === suggested) return;
      suggested = words;
      const url = new URL(field.dataset.suggest, location.href);
      url.searchParams.set("q", words);
      const response = await fetch(url);
      if (!response.ok || words !== suggested) return;
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

  // The right arrow key fills an empty field of a question with its example.
  for (const field of document.querySelectorAll(".question input[placeholder]")) {
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowRight" && field.value === "") field.value = field.placeholder;
    });
  }
})();
