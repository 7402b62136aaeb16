// The address of what the page shows: the prompt box or a battle.

let path = location.pathname;

/**
 * Puts an address into the bar, as a new entry of the history.
 *
 * @param {string} url
 */
export function goTo(url) {
  history.pushState(null, "", url);
  path = location.pathname;
}

/**
 * Calls `show` with the id of the battle that the visitor goes back or forward to, or null.
 *
 * @param {(id: string | null) => void} show
 */
export function onReturn(show) {
  addEventListener("popstate", () => {
    if (location.pathname === path) return; // a jump within the page
    path = location.pathname;
    show(/\/battles\/([0-9a-f-]{36})\/$/.exec(path)?.[1] ?? null);
  });
}
