/*
 * Dragging on the page that orders an agenda. Dropping an item sends the form that its buttons send.
 *
 * Without this file the buttons do all of it; on a touch screen they do too.
 */
"use strict";

(() => {
  const list = document.querySelector("[data-order]");
  if (!list) return;
  let dragged = null;
  let before = []; // the order when dragging began
  const items = () => [...list.children];

  for (const item of items()) {
    item.draggable = true;
    item.addEventListener("dragstart", (event) => {
      dragged = item;
      before = items();
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", item.id);
    });
    item.addEventListener("dragover", (event) => {
      if (!dragged || item === dragged) return;
      event.preventDefault();
      const box = item.getBoundingClientRect();
      const isBelow = event.clientY > box.top + box.height / 2;
      item[isBelow ? "after" : "before"](dragged);
    });
    item.addEventListener("dragend", (event) => {
      const moved = dragged;
      dragged = null;
      if (event.dataTransfer.dropEffect === "none") before.forEach((one) => list.append(one)); // let go outside, or Esc
      if (items().every((one, number) => one === before[number])) return;
      const form = moved.querySelector("form");
      const place = document.createElement("input");
      place.type = "hidden";
      place.name = "place";
      place.value = String(items().indexOf(moved) + 1);
      form.append(place);
      form.submit();
    });
  }
  list.addEventListener("dragover", (event) => event.preventDefault());
  list.addEventListener("drop", (event) => event.preventDefault());
})();
