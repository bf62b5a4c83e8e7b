// A small menu under its button: arrows move, Escape and a press elsewhere close it.

import { el } from './dom.js';

/** Let `button` open a menu of `items()`: nodes made by `item`, or null for a line between. */
export function attachMenu(button, { label, items }) {
  const place = button.parentElement;
  let menu = null;

  const close = ({ refocus = false } = {}) => {
    if (!menu) return;
    menu.remove();
    menu = null;
    button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', outside, true);
    if (refocus) button.focus();
  };
  const outside = (event) => { if (!place.contains(event.target)) close(); };
  const move = (step) => {
    const entries = [...menu.querySelectorAll('[role^=menuitem]')];
    const at = entries.indexOf(document.activeElement);
    entries[(at + step + entries.length) % entries.length]?.focus();
  };
  const keys = (event) => {
    const act = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      Escape: () => close({ refocus: true }),
      Tab: () => close({ refocus: true }),
    }[event.key];
    if (!act) return;
    if (event.key !== 'Tab') event.preventDefault();
    event.stopPropagation();
    act();
  };
  const open = () => {
    const entries = items().map((entry) => entry ?? el('hr'));
    menu = el('div', { class: 'menu', role: 'menu', 'aria-label': label, onkeydown: keys }, ...entries);
    menu.addEventListener('click', (event) => { if (event.target.closest('[role^=menuitem]')) close({ refocus: true }); }, true);
    place.append(menu);
    button.setAttribute('aria-expanded', 'true');
    document.addEventListener('pointerdown', outside, true);
    (menu.querySelector('[aria-checked=true]') ?? menu.querySelector('[role^=menuitem]'))?.focus();
  };

  button.addEventListener('click', () => (menu ? close() : open()));
  button.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown' || menu) return;
    event.preventDefault();
    open();
  });
}

/** An entry. `checked` makes it one of a choice. */
export function item(act, { checked, danger = false } = {}, ...children) {
  return el('button', {
    type: 'button',
    role: checked === undefined ? 'menuitem' : 'menuitemradio',
    'aria-checked': checked === undefined ? null : String(checked),
    class: `menu-item${danger ? ' danger' : ''}`,
    tabindex: '-1',
    onclick: act,
  }, ...children);
}
