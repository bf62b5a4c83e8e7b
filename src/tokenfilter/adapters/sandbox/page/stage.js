// The stage: buttons that make something happen in the market, and what the system then did, line by line.

import * as api from './api.js';
import { breakGroup } from './breaks.js';
import { byId, el, icon } from './dom.js';
import { complain } from './notices.js';

const WATCH_MS = 8000; // how long a press is watched closely
const LINGER_MS = 45_000; // and how long, more slowly, for what arrives late
const SIGNS = { good: ['✓', 'good'], bad: ['✗', 'refused'], muted: ['·', ''] };

export async function prepareStage(world) {
  let offered;
  try {
    offered = await api.stage();
  } catch (failure) {
    if (failure.status !== 404) complain(failure);
    return;
  }
  const breakable = offered.tally || offered.breaks.length > 0;
  const actions = offered.actions.filter((action) => !(breakable && action.id === 'burst')); // it stands among the breaks
  const panel = byId('stage');
  const toggle = byId('stage-toggle');
  const cards = el('ol', { class: 'acts' });
  const title = el('button', { type: 'button', class: 'stage-title', 'aria-controls': 'stage-body' }, icon('stage'), el('span', {}, 'Stage'), icon('down'));
  const name = el('bdi', { class: 'stage-name' });
  const body = el('div', { id: 'stage-body', class: 'stage-body' },
    el('p', { class: 'stage-intro muted' }, 'Make something happen in the market and see what the system does with it for ', name, '. Alerts arrive in the chat with the bot; the ', el('a', { class: 'link', href: '../', target: '_blank', rel: 'noopener' }, 'dashboard'), ' counts.'),
    cards,
    breakable && breakGroup(world, offered));
  panel.replaceChildren(el('div', { class: 'stage-head' }, title), body);

  const setOpen = (open) => {
    document.body.classList.toggle('stage-open', open);
    for (const button of [toggle, title]) button.setAttribute('aria-expanded', String(open));
    try {
      localStorage.setItem('sandbox.stage', open ? 'open' : 'closed');
    } catch {
      // Without storage the panel begins as the width suggests.
    }
  };
  const flip = () => setOpen(!document.body.classList.contains('stage-open'));
  toggle.addEventListener('click', flip);
  title.addEventListener('click', flip);
  let wanted = null;
  try {
    wanted = localStorage.getItem('sandbox.stage');
  } catch {
    wanted = null;
  }
  setOpen(wanted ? wanted === 'open' : matchMedia('(min-width: 1000px)').matches);
  toggle.hidden = false;
  panel.hidden = false;

  const seen = new Map(); // token -> last row number shown
  const build = () => {
    name.textContent = world.people.get(world.me)?.first_name ?? 'you';
    cards.replaceChildren(...actions.map((action) => card(world, action, seen)));
  };
  let person = null;
  const personChanged = () => {
    if (world.me === person) return;
    person = world.me;
    build();
  };
  world.on('moved', personChanged);
  personChanged();
}

function card(world, action, seen) {
  const button = el('button', { type: 'button', class: 'act' },
    el('span', { class: 'act-label' }, action.label),
    el('span', { class: 'hint muted' }, action.hint),
    el('i', { class: 'spinner', 'aria-hidden': 'true' }));
  const said = el('p', { class: 'said', dir: 'auto', hidden: true });
  const rows = el('ol', { class: 'verdicts', 'aria-live': 'polite' });
  const node = el('li', { class: 'act-card' }, button, said, rows);
  let press = 0;
  button.addEventListener('click', async () => {
    press += 1;
    const mine = press;
    button.setAttribute('aria-busy', 'true');
    rows.replaceChildren();
    try {
      const result = await api.stagePress(action.id, world.me);
      said.textContent = result.said;
      said.hidden = false;
      await watch({ world, token: result.token ?? null, rows, seen, current: () => press === mine && node.isConnected, calm: () => button.removeAttribute('aria-busy') });
    } catch (failure) {
      complain(failure);
    } finally {
      if (press === mine) button.removeAttribute('aria-busy');
    }
  });
  return node;
}

async function watch({ world, token, rows, seen, current, calm }) {
  if (!token) return;
  const person = world.me;
  const began = performance.now();
  let first = null;
  for (let passed = 0; passed < LINGER_MS && current(); passed = performance.now() - began) {
    const found = await api.stageVerdicts(person, token, seen.get(token) ?? 0);
    if (!current()) return;
    for (const row of found) {
      seen.set(token, Math.max(row.n, seen.get(token) ?? 0));
      first ??= Date.parse(row.at);
      rows.append(verdict(row, Date.parse(row.at) - first));
    }
    if (found.length) rows.lastChild.scrollIntoView({ block: 'nearest' });
    if (passed > WATCH_MS) calm();
    await new Promise((resolve) => setTimeout(resolve, passed < 2000 ? 250 : passed < WATCH_MS ? 600 : 2500));
  }
  if (!rows.children.length && current()) rows.append(el('li', { class: 'verdict muted' }, 'Nothing was decided in this time.'));
}

function verdict(row, after) {
  const [sign, word] = SIGNS[row.tone] ?? SIGNS.muted;
  const when = Number.isFinite(after) ? (after < 1000 ? `${Math.round(after)} ms` : `${(after / 1000).toPrecision(3)} s`) : '';
  return el('li', { class: `verdict ${row.tone}` },
    el('span', { class: 'verdict-sign', 'aria-label': word || null }, sign),
    el('span', { class: 'verdict-text', dir: 'auto' }, row.text),
    el('span', { class: 'verdict-when num' }, when));
}
