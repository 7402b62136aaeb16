// The battle on the page, as the API gives it.
import { message } from "../messages.js";

export const SIDES = ["a", "b"];

/** `battle` is null while the page shows the prompt box. */
export const page = { battle: null };

/** The turn that is written or voted on. */
export const currentTurn = () => page.battle.turns.at(-1);

/** The sides that answer: in a direct chat only one does. */
export const answeringSides = () => Object.keys(currentTurn().answers);

export const isDirect = () => page.battle.mode === "direct";

/** The text of `key`, or what stands for it in a chat with one model. */
export const worded = (key, values) => message(isDirect() ? `${key}Direct` : key, values);
