"use strict";
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => sortBy(button.closest("th")));
}
for (const select of document.querySelectorAll("select[data-filter]")) {
  select.addEventListener("change", filterRows);
}
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details:not([open])")) { part.open = true; part.dataset.closed = ""; }
});
addEventListener("afterprint", () => {
  for (const part of document.querySelectorAll("details[data-closed]")) { part.open = false; delete part.dataset.closed; }
});

function sortBy(header) {
  const headers = [...header.parentElement.children], column = headers.indexOf(header);
  const isNumeric = header.dataset.kind === "number";
  const first = isNumeric && header.dataset.better !== "low" ? "descending" : "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const order = header.getAttribute("aria-sort") === first ? other : first;
  for (const one of headers) { one.removeAttribute("aria-sort"); }
  header.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1, body = header.closest("table").tBodies[0];
  const rows = [...body.rows].map((row) => ({row, value: valueOf(row.cells[column], isNumeric)}));
  rows.sort((a, b) => compare(a.value, b.value, sign));
  body.append(...rows.map(({row}) => row));
  say(`Sorted by ${header.textContent.trim()}, ${order}.`);
}

function valueOf(cell, isNumeric) {
  const text = cell.dataset.value ?? cell.textContent.trim();
  return isNumeric ? (text === "" ? NaN : Number(text)) : text;
}

function compare(a, b, sign) {  // what is missing stays at the end
  if (typeof a === "string") { return sign * a.localeCompare(b, "en", {numeric: true}); }
  if (Number.isNaN(a) || Number.isNaN(b)) { return Number.isNaN(a) - Number.isNaN(b); }
  return sign * (a - b);
}

function filterRows() {
  const chosen = {};
  for (const select of document.querySelectorAll("select[data-filter]")) { chosen[select.dataset.filter] = select.value; }
  let shown = 0;
  for (const board of document.querySelectorAll("[data-board]")) {
    const fits = !chosen.data_set || board.dataset.board === chosen.data_set;
    let rows = 0;
    for (const row of board.querySelectorAll("tbody tr")) {
      row.hidden = Boolean(chosen.method) && row.dataset.method !== chosen.method;
      rows += !row.hidden;
    }
    board.hidden = !fits || rows === 0;
    shown += board.hidden ? 0 : rows;
  }
  say(`${shown} ${shown === 1 ? "model" : "models"} shown.`);
}

function say(text) { document.getElementById("status").textContent = text; }
