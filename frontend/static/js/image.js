// The image of a prompt: picked, pasted or dropped; described, and removed again.
/** @import { Turn } from "#api" */
/** @import { Picture } from "#page" */
import { message } from "./messages.js";
import { byId, closest, optional } from "./shared/elements.js";

const place = optional("image");
/** The elements of the image; null where no model takes images. */
const elements = place && {
  place,
  picker: byId("image-file", HTMLInputElement),
  preview: byId("image-preview", HTMLImageElement),
  alt: byId("image-alt", HTMLInputElement),
  chosen: byId("image-chosen"),
  problem: byId("image-error"),
};
/** @type {Blob | null} */
let chosen = null;

/** @param {string} text */
function say(text) {
  if (!elements) return;
  elements.problem.textContent = text;
  elements.problem.hidden = text === "";
}

/**
 * The image as it is to be sent; undefined if there is none.
 *
 * @returns {Picture | undefined}
 */
export function chosenImage() {
  return elements && chosen ? { file: chosen, alt: elements.alt.value.trim() } : undefined;
}

/**
 * Takes a file for the prompt's image, once the browser could show it.
 *
 * @param {Blob} file
 * @param {string} [text] what it shows
 */
export async function chooseImage(file, text = "") {
  if (!elements) return;
  const { preview } = elements;
  const most = Number(elements.place.dataset.max);
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
  elements.alt.value = text;
  elements.chosen.hidden = false;
}

export function removeImage() {
  if (!elements) return;
  chosen = null;
  elements.picker.value = "";
  elements.alt.value = "";
  elements.chosen.hidden = true;
  elements.preview.removeAttribute("src");
  say("");
}

/**
 * The image of a turn as it was kept, to be sent once more; undefined if it has none.
 *
 * @param {Turn} turn
 * @returns {Promise<Picture | undefined>}
 */
export async function imageOf(turn) {
  if (!turn.image) return undefined;
  const response = await fetch(turn.image.url);
  return { file: await response.blob(), alt: turn.image.alt };
}

/**
 * Shows the image of a turn, or hides the element.
 *
 * @param {HTMLImageElement} element
 * @param {Turn} turn
 */
export function showImage(element, turn) {
  element.hidden = !turn.image;
  if (!turn.image) return;
  const { url, width, height } = turn.image;
  Object.assign(element, { src: url, width, height, alt: turn.image.alt || message("imageOfPrompt") });
}

/**
 * @param {Blob} file
 * @returns {Promise<string>}
 */
function dataUrl(file) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result)));
    reader.readAsDataURL(file);
  });
}

/**
 * Takes the first of some files; false if there is none.
 *
 * @param {FileList} [files]
 */
function takeFirst(files) {
  const file = files?.[0];
  if (!file) return false;
  chooseImage(file);
  return true;
}

if (elements) {
  const { picker } = elements;
  const form = closest(elements.place, "form");
  picker.addEventListener("change", () => takeFirst(picker.files ?? undefined));
  byId("image-remove").addEventListener("click", () => {
    removeImage();
    picker.focus();
  });
  form.addEventListener("paste", (event) => {
    if (takeFirst(event.clipboardData?.files)) event.preventDefault();
  });
  form.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  form.addEventListener("drop", (event) => {
    if (takeFirst(event.dataTransfer?.files)) event.preventDefault();
  });
}
