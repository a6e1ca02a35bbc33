// Spares waiting and mistakes; every page works without it.
"use strict";

// A second click on a slow laptop must not send a form twice. The server holds it too (`__once`).
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.dataset.again !== undefined) return;
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

// <form data-confirm="…">: asked before it is sent.
document.addEventListener("submit", (event) => {
  const said = event.target.dataset.confirm;
  if (said && !window.confirm(said)) event.preventDefault();
}, true);

// <select data-go>, <input data-go>: a choice that sends its form at once.
document.addEventListener("change", (event) => {
  if (event.target.dataset.go !== undefined) event.target.form.requestSubmit();
});

// <button data-copy="text">
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) navigator.clipboard?.writeText(button.dataset.copy);
});
