"use strict";
// What only makes the panel quicker to use: every page works without it.
document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        const search = document.querySelector("input[type=search]");
        if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
});
document.addEventListener("change", (event) => {
    if (event.target.matches("[data-all]")) {
        document.querySelectorAll("input[name=selected]").forEach((box) => { box.checked = event.target.checked; });
    }
});
// Where a part of the page is new, whoever uses the keyboard goes on there: htmx finds elements again by their ids.
document.addEventListener("htmx:after:swap", () => {
    const lost = !document.activeElement || document.activeElement === document.body;
    const main = document.getElementById("main");
    if (lost && main) { main.focus({ preventScroll: true }); }
});
