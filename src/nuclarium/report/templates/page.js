"use strict";
(() => {
  const one = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const cards = all(".card");
  const rows = all("tbody tr");
  const viewer = one("viewer");
  let outlines = true;

  // Outlines: all pictures at once, or one card by its own button.
  const setCard = (card, on) => {
    card.classList.toggle("no-outlines", !on);
    const button = card.querySelector(".toggle");
    if (button) button.setAttribute("aria-pressed", String(on));
  };
  const setAll = (on) => {
    outlines = on;
    cards.forEach((card) => setCard(card, on));
    viewer.classList.toggle("no-outlines", !on);
    [one("outlines"), one("viewer-outlines")].forEach((b) => b.setAttribute("aria-pressed", String(on)));
  };
  one("outlines").addEventListener("click", () => setAll(!outlines));
  one("viewer-outlines").addEventListener("click", () => setAll(!outlines));
  all(".toggle").forEach((button) => button.addEventListener("click", () =>
    setCard(button.closest(".card"), button.getAttribute("aria-pressed") !== "true")));

  // Sorting: numbers as numbers, empty cells last in both directions.
  const compare = (column, sign) => (a, b) => {
    const [x, y] = [a, b].map((row) => row.cells[column].dataset.value);
    if (x === "" || y === "") return (x === "") - (y === "");
    const numeric = !Number.isNaN(Number(x)) && !Number.isNaN(Number(y));
    return sign * (numeric ? Number(x) - Number(y) : x.localeCompare(y, undefined, { numeric: true }));
  };
  const heads = all("thead th");
  heads.forEach((head, column) => head.firstElementChild.addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") === (column < 2 ? "ascending" : "descending")
      ? column >= 2 : column < 2;
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    rows.sort(compare(column, up ? 1 : -1)).forEach((row) => {
      row.parentNode.append(row);
      const card = one(row.dataset.card);
      card.parentNode.append(card);
    });
  }));

  // Filtering the table and the cards together.
  const filter = () => {
    const words = one("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row) => {
      const remarks = row.lastElementChild.dataset.value;
      const text = (row.cells[1].dataset.value + " " + remarks).toLowerCase();
      const fits = words.every((word) => text.includes(word)) && (remarks || !one("only-remarks").checked);
      row.hidden = one(row.dataset.card).hidden = !fits;
      shown += fits ? 1 : 0;
    });
    one("shown").textContent = `${shown} of ${rows.length} images`;
  };
  one("find").addEventListener("input", filter);
  one("only-remarks").addEventListener("change", filter);

  // The viewer shows one picture as large as the window.
  let current = null;
  const place = () => {
    const layers = one("viewer-picture").firstElementChild;
    if (!layers) return;
    const image = layers.querySelector("img");
    const box = one("viewer-picture");
    const scale = Math.min((box.clientWidth - 32) / image.getAttribute("width"),
      (box.clientHeight - 16) / image.getAttribute("height"));
    layers.style.width = `${Math.floor(image.getAttribute("width") * scale)}px`;
  };
  const show = (button) => {
    current = button;
    one("viewer-title").textContent = button.closest(".card").querySelector("h3").textContent
      + " – " + button.nextElementSibling.textContent;
    one("viewer-picture").replaceChildren(button.querySelector(".layers").cloneNode(true));
    if (!viewer.open) viewer.showModal();
    place();
  };
  const step = (by) => {
    const buttons = all(".card:not([hidden]) .enlarge");
    show(buttons[(buttons.indexOf(current) + by + buttons.length) % buttons.length]);
  };
  all(".enlarge").forEach((button) => button.addEventListener("click", () => show(button)));
  one("previous").addEventListener("click", () => step(-1));
  one("next").addEventListener("click", () => step(1));
  one("close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("close", () => current && current.focus());
  window.addEventListener("resize", place);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input[type=search]")) return;
    if (event.key === "o") setAll(!outlines);
    if (viewer.open && event.key === "ArrowLeft") step(-1);
    if (viewer.open && event.key === "ArrowRight") step(1);
  });
})();
