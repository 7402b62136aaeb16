// What every page has: the choice of theme.
import { byId, closest } from "./shared/elements.js";
import { remember, remembered } from "./storage.js";

const select = byId("theme", HTMLSelectElement);
select.value = remembered("theme") ?? "auto";
select.addEventListener("change", () => {
  const theme = select.value === "auto" ? null : select.value;
  remember("theme", theme);
  if (theme === null) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
});
closest(select, "label").hidden = false;
