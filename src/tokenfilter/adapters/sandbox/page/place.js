// Keeping what one reads where it is while rows are added, edited or removed around it, and many rows cheap.

/** The first row that reaches into view. Rows stand in order from top to bottom, so halving finds it. */
function firstVisible(scroller, rows) {
  const top = scroller.getBoundingClientRect().top;
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].getBoundingClientRect().bottom < top) low = middle + 1;
    else high = middle;
  }
  return rows[low];
}

/** Run `change` and scroll by as much as it moved the first visible row, which may be replaced by one with the same id. */
export function keepPlace(scroller, list, change) {
  const row = firstVisible(scroller, list.getElementsByClassName('row'));
  const before = row?.getBoundingClientRect().top;
  change();
  const still = row && (row.isConnected ? row : list.querySelector(`.row[data-id="${row.dataset.id}"]`));
  if (still) scroller.scrollTop += still.getBoundingClientRect().top - before;
}

const CALM_MS = 150;

/**
 * Let the browser skip rows that are out of view. Each is measured first, so skipping it moves nothing; a new width makes
 * every measure stale.
 */
export function skipUnseenRows(list) {
  let width = 0;
  let timer = null;
  const settle = () => {
    timer = null;
    const rows = [...list.querySelectorAll('.row:not(.settled)')];
    const heights = rows.map((row) => row.getBoundingClientRect().height);
    rows.forEach((row, at) => {
      row.style.containIntrinsicSize = `auto ${heights[at]}px`;
      row.classList.add('settled');
    });
  };
  new ResizeObserver(([entry]) => {
    if (entry.contentRect.width !== width) {
      for (const row of list.querySelectorAll('.settled')) row.classList.remove('settled');
      width = entry.contentRect.width;
    }
    timer ??= setTimeout(settle, CALM_MS);
  }).observe(list);
}
