// The battle on the page, as the API gives it.
/** @import { Battle } from "#api" */
/** @import { Side } from "#page" */
import { message } from "../messages.js";

/** @type {Side[]} */
export const SIDES = ["a", "b"];

/**
 * `battle` is null while the page shows the prompt box.
 *
 * @type {{ battle: Battle | null }}
 */
export const page = { battle: null };

/** The battle on the page. Throws a TypeError while there is none. */
export function currentBattle() {
  if (page.battle) return page.battle;
  throw new TypeError("The page shows no battle");
}

/** @param {Battle} battle */
export function newestTurn(battle) {
  const turn = battle.turns.at(-1);
  if (turn) return turn;
  throw new TypeError(`Battle ${battle.id} has no turns`);
}

/** The turn that is written or voted on. */
export const currentTurn = () => newestTurn(currentBattle());

/** The sides that answer: in a direct chat only one does. */
export const answeringSides = () => SIDES.filter((side) => side in currentTurn().answers);

export const isDirect = () => currentBattle().mode === "direct";

/**
 * The text of `key`, or what stands for it in a chat with one model.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export const worded = (key, values) => message(isDirect() ? `${key}Direct` : key, values);
