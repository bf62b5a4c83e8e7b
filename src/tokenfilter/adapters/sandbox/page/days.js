// The day above the first message of each day. It stands at the top only while one scrolls through the past.

import { dayName, el } from './dom.js';

const SHOWN_MS = 1000;

export class Days {
  #pills = new Map(); // message id -> the pill above it
  #still = null; // timer: scrolling has ended

  /** The node a row begins with: its pill where it has one. */
  top(id, row) {
    return this.#pills.get(id) ?? row;
  }

  put(id, row, date) {
    if (this.#pills.has(id)) return;
    const pill = el('div', { class: 'day' }, el('span', {}, dayName(date)));
    this.#pills.set(id, pill);
    row.before(pill);
  }

  drop(id) {
    this.#pills.get(id)?.remove();
    this.#pills.delete(id);
  }

  clear() {
    this.#pills.clear();
  }

  scrolled(scroller, inPast) {
    const top = scroller.getBoundingClientRect().top;
    for (const pill of this.#pills.values()) {
      pill.classList.toggle('stuck', (pill.nextElementSibling?.getBoundingClientRect().top ?? Infinity) < top + 32);
    }
    clearTimeout(this.#still);
    scroller.classList.toggle('moving', inPast);
    this.#still = setTimeout(() => scroller.classList.remove('moving'), SHOWN_MS);
  }
}
