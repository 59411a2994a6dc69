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

// Downloads: every table as CSV, every chart as SVG and PNG, every strip of pictures as PNG, as data: addresses.
for (const table of document.querySelectorAll("table[data-download]")) {
  const tools = toolsOf(table.closest("figure"));
  if (table.classList.contains("matrix")) { makeInteractive(table, tools); }
  tools.append(button("CSV", () => save(`data:text/csv;charset=utf-8,${encodeURIComponent(csvOf(table))}`, table.dataset.download, "csv")));
}
for (const figure of document.querySelectorAll("figure[data-download]")) {
  const svg = figure.querySelector("svg"), tools = toolsOf(figure);
  tools.append(button("SVG", () => save(svgAddress(svg), figure.dataset.download, "svg")),
    button("PNG", () => savePng(svg, figure.dataset.download)));
}
for (const figure of document.querySelectorAll("figure.pictures")) {
  const images = [...figure.querySelectorAll("img")], name = figure.querySelector("b").textContent;
  if (figure.classList.contains("moving")) { animate(figure, images); }
  toolsOf(figure).append(button("PNG", () => save(stacked(images), name, "png")));
}

function toolsOf(figure) {
  let tools = figure.querySelector(":scope > .tools");
  if (!tools) { tools = document.createElement("div"); tools.className = "tools"; figure.append(tools); }
  return tools;
}

function button(text, action) {
  const made = document.createElement("button");
  made.type = "button"; made.textContent = text;
  made.addEventListener("click", () => action(made));
  return made;
}

function save(address, name, suffix) {
  const link = document.createElement("a");
  link.href = address;
  link.download = `${name.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "")}.${suffix}`;
  link.click();
  say(`Saved ${link.download}.`);
}

function csvOf(table) {
  const text = (cell) => cell.dataset.value ?? (cell.querySelector("button, a") ?? cell).textContent.trim();
  const quoted = (value) => /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  return [...table.rows].map((row) => [...row.cells].map((cell) => quoted(text(cell))).join(",")).join("\n") + "\n";
}

function svgAddress(svg) {  // with the colours of the page, which a file of its own does not have
  const copy = svg.cloneNode(true), parts = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((part, place) => {
    const style = getComputedStyle(parts[place]);
    for (const name of ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size"]) {
      part.style.setProperty(name, style.getPropertyValue(name));
    }
  });
  const [, , width, height] = svg.getAttribute("viewBox").split(" ");
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width); copy.setAttribute("height", height);
  copy.style.background = getComputedStyle(document.body).backgroundColor;
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
}

function savePng(svg, name) {
  const image = new Image(), canvas = document.createElement("canvas"), scale = 3;
  image.addEventListener("load", () => {
    canvas.width = scale * image.width; canvas.height = scale * image.height;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    save(canvas.toDataURL("image/png"), name, "png");
  });
  image.src = svgAddress(svg);
}

function stacked(images) {
  const canvas = document.createElement("canvas"), gap = 2;
  canvas.width = Math.max(...images.map((image) => image.naturalWidth));
  canvas.height = images.reduce((sum, image) => sum + image.naturalHeight + gap, -gap);
  let top = 0;
  for (const image of images) { canvas.getContext("2d").drawImage(image, 0, top); top += image.naturalHeight + gap; }
  return canvas.toDataURL("image/png");
}

// Traversals that move: each strip is a film, whose frames lie side by side.
function animate(figure, images) {
  figure.classList.add("ready");
  const corner = figure.querySelector(".corner");
  corner.after(corner.cloneNode());
  const columns = Number(figure.style.getPropertyValue("--columns"));
  for (const image of images) {
    const film = document.createElement("span");
    film.className = "film"; film.setAttribute("aria-hidden", "true");
    film.style.backgroundImage = `url(${image.src})`;
    film.style.backgroundSize = `${100 * columns}% 100%`;
    film.style.aspectRatio = `${image.getAttribute("width") / columns} / ${image.getAttribute("height")}`;
    image.before(film);
  }
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  figure.classList.toggle("paused", still);
  toolsOf(figure).append(button(still ? "Play" : "Pause", (made) => {
    const paused = figure.classList.toggle("paused");
    figure.classList.toggle("playing", !paused);
    made.textContent = paused ? "Play" : "Pause";
  }));
}

// Matrices: values under the pointer, and an order by the values of a row or column.
function makeInteractive(table, tools) {
  const readout = document.createElement("span"), body = table.tBodies[0];
  const original = {rows: [...body.rows], names: [...table.tHead.rows[0].cells].slice(1)};
  readout.className = "readout"; readout.textContent = "Point at a cell for its value; click a name to sort by it.";
  const show = (cell) => {
    for (const one of table.querySelectorAll(".on")) { one.classList.remove("on"); }
    if (!cell || cell.tagName !== "TD") { return; }
    const row = cell.parentElement.cells[0], column = table.tHead.rows[0].cells[cell.cellIndex];
    for (const one of [cell, row, column]) { one.classList.add("on"); }
    readout.textContent = `${row.textContent.trim()}, ${column.textContent.trim()}: ${cell.dataset.value || "undefined"} ${table.dataset.unit}`;
  };
  table.addEventListener("pointerover", (event) => show(event.target.closest("td")));
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td, th");
    if (!cell || cell.tagName === "TD") { show(cell); return; }
    if (cell.parentElement.parentElement === table.tHead && cell.cellIndex > 0) { sortRows(cell.cellIndex); }
    if (cell.parentElement.parentElement === body) { sortColumns(cell.parentElement); }
  });
  for (const cell of table.querySelectorAll("th")) {
    if (!cell.textContent.includes("\\")) { cell.tabIndex = 0; cell.setAttribute("role", "button"); }
    cell.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); cell.click(); }
    });
  }
  const value = (row, column) => { const found = row.cells[column].dataset.value; return found ? Number(found) : -Infinity; };
  const arrange = (columns) => {
    for (const row of table.rows) { row.append(...columns.map((place) => row.cells[place])); }
  };
  const places = () => original.names.map((_, place) => place + 1);
  const sortRows = (column) => {
    body.append(...[...body.rows].sort((a, b) => value(b, column) - value(a, column)));
    say(`Rows by ${table.tHead.rows[0].cells[column].textContent.trim()}, largest first.`);
  };
  const sortColumns = (row) => {
    arrange(places().sort((a, b) => value(row, b) - value(row, a)));
    say(`Columns by ${row.cells[0].textContent.trim()}, largest first.`);
  };
  const match = button("Match codes to factors", () => {
    const left = new Set(places()), matched = [];
    for (const row of body.rows) {
      const best = [...left].sort((a, b) => value(row, b) - value(row, a))[0];
      if (best) { matched.push(best); left.delete(best); }
    }
    arrange([...matched, ...left]);
    say("Each row's largest remaining value stands on the diagonal.");
  });
  tools.append(readout, ...("match" in table.dataset ? [match] : []), button("Original order", () => {
    body.append(...original.rows);
    arrange(original.names.map((name) => name.cellIndex));
    say("Original order.");
  }));
}
