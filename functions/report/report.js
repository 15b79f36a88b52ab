"use strict";
// Pointing at a garment anywhere lights it up everywhere; a click keeps it lit.
let held = null;

function light(item) {
  document.body.classList.toggle("lit", item !== null);
  for (const part of document.querySelectorAll("[data-item]")) {
    part.classList.toggle("on", part.dataset.item === item);
  }
}

function itemOf(event) {
  const part = event.target instanceof Element ? event.target.closest("[data-item]") : null;
  return part ? part.dataset.item : null;
}

document.addEventListener("pointerover", (event) => light(itemOf(event) ?? held));
document.addEventListener("focusin", (event) => light(itemOf(event) ?? held));
document.addEventListener("focusout", () => light(held));
document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest(".enlarge") : null;
  if (button) {
    button.closest("figure").classList.toggle("large");
    return;
  }
  const item = itemOf(event);
  held = item === held ? null : item;
  light(held);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    held = null;
    light(null);
    for (const figure of document.querySelectorAll("figure.large")) figure.classList.remove("large");
  }
});
