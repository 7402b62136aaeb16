// The image of a prompt: picked, pasted or dropped; described, and removed again.
import { message } from "./messages.js";

const byId = (id) => document.getElementById(id);
const place = byId("image"); // null where no model takes images
const picker = byId("image-file");
const preview = byId("image-preview");
const alt = byId("image-alt");
const problem = byId("image-error");
let chosen = null; // the file

function say(text) {
  problem.textContent = text;
  problem.hidden = text === "";
}

/** The image as it is to be sent: {file, alt}; undefined if there is none. */
export function chosenImage() {
  return chosen ? { file: chosen, alt: alt.value.trim() } : undefined;
}

/** Takes a file for the prompt's image, once the browser could show it. */
export async function chooseImage(file, text = "") {
  if (!place) return;
  const most = Number(place.dataset.max);
  removeImage();
  if (file.size > most) {
    const [size, max] = [file.size, most].map((bytes) => (bytes / 1e6).toFixed(1));
    say(message("imageTooLarge", { size, max }));
    return;
  }
  preview.src = await dataUrl(file);
  try {
    await preview.decode();
  } catch {
    say(message("imageUnreadable"));
    return;
  }
  chosen = file;
  alt.value = text;
  byId("image-chosen").hidden = false;
}

export function removeImage() {
  if (!place) return;
  chosen = null;
  picker.value = "";
  alt.value = "";
  byId("image-chosen").hidden = true;
  preview.removeAttribute("src");
  say("");
}

/** The image of a turn as it was kept, to be sent once more; undefined if it has none. */
export async function imageOf(turn) {
  if (!turn.image) return undefined;
  const response = await fetch(turn.image.url);
  return { file: await response.blob(), alt: turn.image.alt };
}

/** Shows the image of a turn in an <img>, or hides that. */
export function showImage(element, turn) {
  element.hidden = !turn.image;
  if (!turn.image) return;
  const { url, width, height } = turn.image;
  Object.assign(element, { src: url, width, height, alt: turn.image.alt || message("imageOfPrompt") });
}

function dataUrl(file) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.readAsDataURL(file);
  });
}

if (place) {
  const form = place.closest("form");
  picker.addEventListener("change", () => picker.files[0] && chooseImage(picker.files[0]));
  byId("image-remove").addEventListener("click", () => {
    removeImage();
    picker.focus();
  });
  form.addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (!file) return;
    event.preventDefault();
    chooseImage(file);
  });
  form.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  form.addEventListener("drop", (event) => {
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    chooseImage(file);
  });
}
