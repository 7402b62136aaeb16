// What every page has: the choice of theme.
import { remember, remembered } from "./storage.js";

const select = document.getElementById("theme");
select.value = remembered("theme") ?? "auto";
select.addEventListener("change", () => {
  const theme = select.value === "auto" ? null : select.value;
  remember("theme", theme);
  if (theme === null) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
});
select.closest("label").hidden = false;
