// Spares waiting and mistakes; every page works without it.
"use strict";

// A second click on a slow laptop must not send a form twice. The server holds it too (`__once`).
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || event.submitter?.dataset.again !== undefined) return; // a file to save: the page stays
  if (form.dataset.sent !== undefined) { event.preventDefault(); return; }
  form.dataset.sent = "";
  for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-disabled", "true");
});

// Back from the browser's memory, a form may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  }
});

// On a phone the sections are a strip: the one that is open is brought into sight.
document.querySelector(".sections [aria-current=page]")?.scrollIntoView({ inline: "center", block: "nearest" });

// <form data-confirm="…">: asked before it is sent.
document.addEventListener("submit", (event) => {
  const said = event.target.dataset.confirm;
  if (said && !window.confirm(said)) event.preventDefault();
}, true);

// <select data-go>, <input data-go>: a choice that sends its form at once.
document.addEventListener("change", (event) => {
  if (event.target.dataset.go !== undefined) event.target.form.requestSubmit();
});

// <input type=checkbox data-all="name">: ticks all of that name in its form
document.addEventListener("change", (event) => {
  const name = event.target.dataset.all;
  if (name) for (const box of event.target.form.querySelectorAll(`input[name="${name}"]`)) box.checked = event.target.checked;
});

// <button data-print>
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// <button data-copy="text">
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) navigator.clipboard?.writeText(button.dataset.copy);
});

// A link that breaks while a form is sent shows the browser's own page, and the way back shows an empty form. What
// was written is held in this tab until the hub says that it has it (cookie `sent`), and given back.
const HELD = "unsent";
const NEVER_HELD = ["__csrf", "__once"];

document.addEventListener("submit", (event) => {
  const form = event.target, once = form.elements.__once;
  if (event.defaultPrevented || form.method !== "post" || !once) return;
  const fields = [...form.elements].filter(isText).map((field) => [field.name, field.value]);
  const held = { once: once.value, action: form.getAttribute("action"), fields };
  try { sessionStorage.setItem(HELD, JSON.stringify(held)); } catch { /* a full or forbidden store: as without script */ }
});

function isText(field) {
  const kinds = ["text", "textarea", "email", "number", "date", "search", "url"];
  return field.name && kinds.includes(field.type) && !NEVER_HELD.includes(field.name);
}

window.addEventListener("pageshow", () => {
  const held = JSON.parse(sessionStorage.getItem(HELD) || "null");
  if (held === null) return;
  const arrived = document.cookie.split("; ").includes(`sent=${held.once}`);
  if (arrived || !document.querySelector("nav.sections")) { sessionStorage.removeItem(HELD); return; }
  const form = [...document.forms].find((one) => one.getAttribute("action") === held.action);
  if (form) giveBack(form, held);
});

function giveBack(form, { once, fields }) {
  let given = false;
  for (const [name, value] of fields) {
    const field = form.elements[name];
    if (field instanceof HTMLElement && isText(field) && value && field.value !== value && !form.querySelector(".fault")) {
      field.value = value;
      given = true;
    }
  }
  sessionStorage.removeItem(HELD);
  if (!given) return;
  form.elements.__once.value = once; // if it did arrive, and only the answer was lost, it still counts once
  const line = document.createElement("p");
  line.className = "attention";
  line.setAttribute("role", "status");
  line.textContent = document.body.dataset.unsent;
  form.prepend(line);
}
