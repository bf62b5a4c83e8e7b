// The left pane: who one is, the chats that person sees, whether the line is up.

import * as api from './api.js';
import { avatar, byId, el, icon, shortWhen, zoneName } from './dom.js';
import { attachMenu, item } from './menu.js';

const badge = (count) => (count ? el('span', { class: 'badge', 'aria-label': `${count} unread` }, count > 999 ? '999+' : String(count)) : null);

const LINES = { up: 'Connected', connecting: 'Connecting', down: 'No connection. Trying again' };

/** `go(personId, chatId)` moves to a chat; chatId undefined keeps the kind of chat one is in. */
export function prepareSidebar(world, go) {
  const who = byId('who');
  const list = byId('chat-list');
  byId('zone').textContent = `Times in ${zoneName()}`;

  const showWho = () => {
    const person = world.people.get(world.me);
    if (!person) return;
    const elsewhere = [...world.people.keys()].filter((id) => id !== world.me).reduce((sum, id) => sum + privateUnread(id), 0);
    who.replaceChildren(
      avatar(person.id, person.first_name, 'small'),
      el('span', { class: 'who-words' }, el('span', { class: 'muted' }, 'You are'), el('b', {}, el('bdi', {}, person.first_name))),
      badge(elsewhere) ?? '',
      icon('down'));
  };
  const privateUnread = (personId) => world.unread(personId, personId);

  attachMenu(who, {
    label: 'Be another person',
    items: () => [
      ...[...world.people.values()].map((person) =>
        item(() => go(person.id), { checked: person.id === world.me },
          avatar(person.id, person.first_name, 'small'),
          el('span', { class: 'menu-words' }, el('bdi', {}, person.first_name), el('span', { class: 'muted' }, `${person.username ? `@${person.username}` : `id ${person.id}`}${person.blocked ? ', blocked the bot' : ''}`)),
          badge(person.id === world.me ? 0 : privateUnread(person.id)) ?? '',
          person.id === world.me ? icon('check') : '')),
      null,
      item(() => byId('add').showModal(), {}, icon('plus'), 'Add a person…'),
    ],
  });

  const showChats = () => {
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.chat : null;
    list.replaceChildren(...world.visibleChats().map((chat, place) => entry(world, chat, place, go)));
    if (focused) list.querySelector(`[data-chat="${focused}"]`)?.focus({ preventScroll: true });
    showWho();
    const total = world.visibleChats().reduce((sum, chat) => sum + world.unread(world.me, chat.id), 0);
    const name = world.people.get(world.me)?.first_name ?? 'Sandbox';
    document.title = `${total ? `(${total}) ` : ''}${name} · sandbox`;
  };
  let waiting = null;
  const showSoon = () => { waiting ??= setTimeout(() => { waiting = null; showChats(); }, 50); };
  world.on('people chats', showSoon);
  world.on('moved reset', showChats);

  list.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const entries = [...list.children];
    entries[entries.indexOf(document.activeElement) + step]?.focus();
  });

  world.on('line', ({ line }) => {
    byId('line').dataset.line = line;
    byId('line-text').textContent = LINES[line];
  });

  prepareAdding(world, go);
}

function entry(world, chat, place, go) {
  const title = world.titleOf(chat);
  const id = chat.type === 'private' ? world.bot.id : chat.id;
  const sign = { channel: 'channel', group: 'group', supergroup: 'group' }[chat.type];
  const { last } = chat;
  const from = last && chat.type !== 'private' && chat.type !== 'channel' && last.from ? `${last.from}: ` : '';
  return el('button', {
    type: 'button', class: 'chat', 'data-chat': chat.id,
    'aria-current': chat.id === world.chatId ? 'true' : null,
    title: place < 9 ? `Alt+${place + 1}` : null,
    onclick: () => go(world.me, chat.id),
  },
  avatar(id, title),
  el('span', { class: 'chat-words' },
    el('span', { class: 'chat-top' },
      sign ? icon(sign) : '',
      el('bdi', { class: 'chat-title' }, title),
      last ? el('time', { class: 'chat-when' }, shortWhen(last.date)) : ''),
    el('span', { class: 'chat-bottom' },
      el('span', { class: 'chat-last', dir: 'auto' }, from ? el('bdi', { class: 'chat-from' }, from) : '', (last?.text ?? 'No messages yet').slice(0, 200)),
      badge(world.unread(world.me, chat.id)) ?? '')));
}

function prepareAdding(world, go) {
  const dialog = byId('add');
  const error = byId('add-error');
  byId('add-cancel').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    byId('add-form').reset();
    error.hidden = true;
  });
  byId('add-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const username = byId('add-user').value.trim().replace(/^@/, '');
    try {
      const person = await api.addPerson({ first_name: byId('add-first').value.trim(), ...(username ? { username } : {}) });
      world.take('person', person, -1);
      dialog.close();
      go(person.id, person.id);
    } catch (failure) {
      error.textContent = failure.message;
      error.hidden = false;
    }
  });
}
