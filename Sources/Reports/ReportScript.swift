/// The behavior of a page's cells under a pointer and the keyboard. Without it, they have tooltips,
/// and the numbers are in tables.
enum ReportScript {
  /// The script. It adds nothing to the page but what the page says already.
  static let source = """
    "use strict";
    const hint = "Point at a cell, or reach one with Tab and go on with the arrow keys.";

    for (const group of document.querySelectorAll(".cells")) {
      const cells = new Map();
      const readout = group.closest("figure").querySelector(".readout");
      const key = (line, column) => line + "," + column;
      let shown = null;

      function show(cell) {
        if (shown) shown.classList.remove("shown");
        shown = cell;
        if (cell) cell.classList.add("shown");
        readout.textContent = cell ? cell.getAttribute("aria-label") : hint;
        readout.classList.toggle("hint", !cell);
      }

      function focus(cell) {
        for (const other of cells.values()) other.setAttribute("tabindex", "-1");
        cell.setAttribute("tabindex", "0");
        cell.focus();
      }

      for (const cell of group.querySelectorAll("rect")) {
        // The browser's own tooltip would repeat the line below the figure.
        const title = cell.querySelector("title");
        cell.setAttribute("aria-label", title.textContent);
        cell.setAttribute("role", "img");
        cell.setAttribute("tabindex", "first" in cell.dataset ? "0" : "-1");
        title.remove();
        cells.set(key(cell.dataset.line, cell.dataset.column), cell);
      }

      group.addEventListener("mouseover", event => show(event.target.closest("rect")));
      group.addEventListener("mouseleave", () => {
        show(group.contains(document.activeElement) ? document.activeElement : null);
      });
      group.addEventListener("focusin", event => show(event.target.closest("rect")));
      group.addEventListener("focusout", () => show(null));
      group.addEventListener("click", event => {
        const cell = event.target.closest("rect");
        if (cell) focus(cell);
      });
      group.addEventListener("keydown", event => {
        const steps = {
          ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
        };
        const step = steps[event.key], cell = event.target.closest("rect");
        if (!step || !cell || event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        const next = cells.get(
          key(Number(cell.dataset.line) + step[0], Number(cell.dataset.column) + step[1]));
        if (next) focus(next);
      });

      readout.hidden = false;
      show(null);
    }

    // Only what scrolls is a stop of the Tab key.
    function stops() {
      for (const box of document.querySelectorAll(".scroll")) {
        if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
        else box.removeAttribute("tabindex");
      }
    }
    stops();
    addEventListener("resize", stops);
    addEventListener("toggle", stops, true);

    // On paper nothing can be unfolded.
    const closed = [];
    addEventListener("beforeprint", () => {
      for (const details of document.querySelectorAll("details:not([open])")) {
        details.open = true;
        closed.push(details);
      }
    });
    addEventListener("afterprint", () => {
      for (const details of closed.splice(0)) details.open = false;
    });
    """
}
