// Light, dark, or as the reader's system says. What is printed is light in any case: the charts' style sheet sees to it.

import { h } from "./dom.js";

const KEY = "wavetank-theme";
const NAMES = ["auto", "light", "dark"] as const;
type Name = (typeof NAMES)[number];

/** The switch, as a group of radio buttons. */
export function themeSwitch(): HTMLElement {
  let chosen = remembered();
  apply(chosen);
  const group = h("fieldset", { class: "theme" }, h("legend", { class: "unseen" }, "Colours"));
  for (const name of NAMES) {
    const radio = h("input", { type: "radio", name: "theme", value: name });
    radio.checked = name === chosen;
    radio.addEventListener("change", () => {
      chosen = name;
      apply(name);
      remember(name);
    });
    group.append(h("label", {}, radio, h("span", {}, name)));
  }
  return group;
}

function apply(name: Name): void {
  if (name === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = name;
}

// A page from disk or a private window may have no storage; the choice then lasts as long as the page.
function remembered(): Name {
  try {
    return NAMES.find((name) => name === localStorage.getItem(KEY)) ?? "auto";
  } catch {
    return "auto";
  }
}

function remember(name: Name): void {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // Nothing to do: see above.
  }
}
