// The stage's lower half: buttons that break a part of the program, and a live tally of what became of the alerts.

import * as api from './api.js';
import { el, secondOf } from './dom.js';

const EVERY_MS = 1000;
const BURST = { label: 'Burst of 500', hint: '500 tokens that pass, within 2 s' };
const FIGURES = [
  ['owed', 'Owed', 'Alerts claimed since the program started'],
  ['told', 'Told', 'Shown as a card, or counted in a digest'],
  ['waiting', 'Waiting', 'Neither told nor ended yet'],
  ['withheld', 'Withheld', 'Muted, blocked, or refused by Telegram'],
  ['lost', 'Lost', 'Shown nowhere, though it ended or its time is over'],
  ['doubled', 'Doubled', 'Told once too often'],
];
const FAULTS = ['lost', 'doubled'];
const STATES = { up: ['●', 'good'], down: ['✗', 'bad'] };

export function breakGroup(world, { breaks, tally }) {
  const said = el('p', { class: 'said', dir: 'auto', 'aria-live': 'polite', hidden: true });
  const say = (words, tone) => {
    said.textContent = words;
    said.classList.toggle('bad', tone === 'bad');
    said.hidden = false;
  };
  const button = (label, hint, act) => {
    const node = el('button', { type: 'button', class: 'act' },
      el('span', { class: 'act-label' }, label), el('span', { class: 'hint muted' }, hint), el('i', { class: 'spinner', 'aria-hidden': 'true' }));
    node.addEventListener('click', async () => {
      if (node.getAttribute('aria-busy')) return;
      node.setAttribute('aria-busy', 'true');
      try {
        say(await act());
      } catch (failure) {
        say(failure.message, 'bad');
      } finally {
        node.removeAttribute('aria-busy');
      }
    });
    return node;
  };
  return el('section', { class: 'breaks', 'aria-labelledby': 'breaks-title' },
    el('h2', { id: 'breaks-title' }, 'Break it'),
    el('p', { class: 'hint muted' }, 'Every alert must come through all the same, and once.'),
    el('div', { class: 'break-row' },
      ...breaks.map(({ what, label, hint }) => button(label, hint, () => api.stageBreak(what))),
      button(BURST.label, BURST.hint, async () => (await api.stagePress('burst', world.me)).said)),
    said,
    tally && tallyTable());
}

function tallyTable() {
  const cells = new Map(FIGURES.map(([name]) => [name, el('td', { class: 'num' }, '–')]));
  const rows = FIGURES.map(([name, label, title]) => el('tr', { title }, el('th', { scope: 'row' }, label), cells.get(name)));
  const stores = el('tbody');
  const since = el('span', {}, 'Counting');
  const node = el('table', { class: 'tally' }, el('caption', { class: 'muted' }, since), el('tbody', {}, ...rows), stores);
  const show = (found) => {
    for (const [name, cell] of cells) {
      const sign = FAULTS.includes(name) ? (found[name] === 0 ? '✓ ' : '✗ ') : '';
      write(cell, sign + found[name].toLocaleString('en-GB'));
      cell.className = `num ${sign && (found[name] === 0 ? 'good' : 'bad')}`;
    }
    stores.replaceChildren(...found.stores.map(storeRow));
    write(since, `Alerts claimed since ${secondOf(Date.parse(found.since))}`);
    node.classList.remove('stale');
  };
  follow(node, show, (failure) => {
    write(since, failure.message);
    node.classList.add('stale');
  });
  return node;
}

function storeRow({ name, state, since }) {
  const [sign, tone] = STATES[state] ?? ['…', 'warn'];
  return el('tr', {},
    el('th', { scope: 'row' }, name),
    el('td', { class: 'num' }, el('span', { class: tone }, `${sign} ${state} `), since && el('span', { class: 'since' }, `since ${secondOf(Date.parse(since))}`)));
}

function write(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

/** Ask for the tally about once a second, but only while somebody can see it. */
function follow(node, show, fail) {
  let inView = false;
  let timer = null;
  let asking = false;
  const look = async () => {
    clearTimeout(timer);
    timer = null;
    if (asking || !inView || document.hidden) return;
    asking = true;
    try {
      show(await api.stageTally());
    } catch (failure) {
      fail(failure);
    }
    asking = false;
    timer = setTimeout(look, EVERY_MS);
  };
  new IntersectionObserver(([entry]) => {
    inView = entry.isIntersecting;
    look();
  }).observe(node);
  document.addEventListener('visibilitychange', look);
}
