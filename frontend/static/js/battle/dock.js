// Tells the style sheet how high the dock is, so that nothing that is scrolled to lies under it.
import { findAll } from "../shared/elements.js";

const docks = findAll(document, ".dock", HTMLElement);

const observer = new ResizeObserver(() => {
  const height = Math.max(0, ...docks.map((dock) => dock.offsetHeight)); // 0 of those that are hidden
  document.documentElement.style.setProperty("--dock-height", `${height}px`);
});
for (const dock of docks) observer.observe(dock);
