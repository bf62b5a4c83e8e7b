// The page's entry: joins the parts, moves between people and chats, and gives touches their meaning.

import * as api from './api.js';
import { Composer } from './composer.js';
import { Conversation } from './conversation.js';
import { avatar, byId, el } from './dom.js';
import { attachMenu, item } from './menu.js';
import { alertWith, complain, copy, enlarge, prepareNotices, toast } from './notices.js';
import { prepareSidebar } from './sidebar.js';
import { prepareStage } from './stage.js';
import { follow } from './stream.js';
import { World } from './world.js';

const PATIENCE_MS = 15_000; // Telegram's clients stop waiting for a callback answer after about this long

const world = new World();
const waiting = new Map(); // "chat:message" -> {data, timer} of the pressed button
const narrow = matchMedia('(max-width: 719px)');

const acts = {
  copy,
  picture: enlarge,
  jump: async (id) => { if (!(await conversation.jump(id))) toast('That message is gone'); },
  reply: (message) => composer.replyTo(message),
  command: (words) => say(words, null).catch(() => {}),
  tag: (words) => toast(`Telegram would search for ${words.slice(0, 64)}`),
  mention,
  ownLink,
  press,
  pay,
};

const conversation = new Conversation({
  world, acts,
  waiting: (chatId, messageId) => waiting.get(`${chatId}:${messageId}`)?.data ?? null,
  scroller: byId('scroller'), list: byId('messages'), pill: byId('pill'),
  onShown: showEmptiness,
});
const composer = new Composer(world, { say, unblock: () => setBlocked(false) });

async function say(text, replyTo) {
  const chatId = world.chatId;
  try {
    const message = await api.say(world.me, { chat_id: chatId, text, ...(replyTo ? { reply_to_message_id: replyTo.message_id } : {}) });
    world.put(chatId, message);
  } catch (failure) {
    complain(failure);
    throw failure;
  }
}

async function press(message, button) {
  const chatId = world.chatId;
  const key = `${chatId}:${message.message_id}`;
  clearTimeout(waiting.get(key)?.timer);
  waiting.set(key, { data: button.callback_data, timer: setTimeout(() => settle(chatId, message.message_id), PATIENCE_MS) });
  conversation.refresh(chatId, message.message_id);
  try {
    await api.press(world.me, { chat_id: chatId, message_id: message.message_id, data: button.callback_data });
  } catch (failure) {
    settle(chatId, message.message_id);
    complain(failure);
  }
}

async function pay(message) {
  try {
    const outcome = await api.pay(world.me, { chat_id: world.chatId, message_id: message.message_id });
    toast(outcome.ok ? 'Paid' : `Not paid: ${outcome.error}`);
  } catch (failure) {
    complain(failure);
  }
}

function settle(chatId, messageId) {
  const key = `${chatId}:${messageId}`;
  if (!waiting.has(key)) return;
  clearTimeout(waiting.get(key).timer);
  waiting.delete(key);
  conversation.refresh(chatId, messageId);
}

function mention(username) {
  const name = username.toLowerCase();
  const chat = world.visibleChats().find((one) => one.username?.toLowerCase() === name && one.type !== 'private');
  if (chat) return go(world.me, chat.id);
  if (name === world.bot.username.toLowerCase()) return go(world.me, world.me);
  return toast(`@${username} is not in this sandbox`);
}

/** A link to our own bot with a start parameter works here as it does in Telegram. Says whether it was one. */
function ownLink(href) {
  const url = new URL(href);
  const domain = url.protocol === 'tg:' ? url.searchParams.get('domain') : ['t.me', 'telegram.me'].includes(url.hostname) && url.pathname.slice(1);
  if (!domain || domain.toLowerCase() !== world.bot.username.toLowerCase()) return false;
  const payload = url.searchParams.get('start');
  go(world.me, world.me);
  if (payload !== null) say(`/start ${payload}`.trim(), null).catch(() => {});
  return true;
}

async function setBlocked(blocked) {
  try {
    world.take('person', await api.setBlocked(world.me, blocked), -1);
  } catch (failure) {
    complain(failure);
  }
}

const address = () => new URLSearchParams(location.hash.slice(1));

/** Move to a person and a chat. Without a chat: that person's own talk if one is in a private chat, else the same chat. */
function go(personId, chatId) {
  const here = world.chatId === null || world.chatId === world.me ? personId : world.chatId;
  const wanted = chatId === undefined ? (narrow.matches && world.chatId === null ? null : here) : chatId;
  const hash = `#${new URLSearchParams({ person: personId, ...(wanted === null ? {} : { chat: wanted }) })}`;
  if (location.hash !== hash) history[narrow.matches && wanted !== null && world.chatId === null ? 'pushState' : 'replaceState'](null, '', hash);
  enter(personId, wanted);
}

function enter(personId, chatId) {
  const unread = world.move(personId, chatId);
  document.body.dataset.pane = world.chatId === null ? 'chats' : 'talk';
  showHeader();
  composer.moved();
  conversation.open(world.chatId, unread);
  if (!narrow.matches && world.chatId !== null && !document.activeElement?.closest('dialog, .chat-list, .menu')) byId('text').focus({ preventScroll: true });
}

function enterAddress() {
  const asked = address();
  const person = world.people.has(Number(asked.get('person'))) ? Number(asked.get('person')) : world.me;
  const chat = asked.has('chat') ? Number(asked.get('chat')) : narrow.matches ? null : person;
  enter(person, chat);
}

function showHeader() {
  if (world.chatId === null) return;
  const chat = world.chat(world.chatId);
  const own = chat.type === 'private';
  const title = world.titleOf(chat);
  byId('talk-title').replaceChildren(el('bdi', {}, title));
  byId('talk-avatar').replaceChildren(avatar(own ? world.bot.id : chat.id, title));
  const bot = chat.bot === 'administrator' ? 'the bot may post here' : chat.bot === 'left' ? 'the bot is not here' : 'the bot reads along';
  byId('talk-sub').textContent = own
    ? (world.people.get(world.me)?.blocked ? 'bot, blocked' : 'bot')
    : `${chat.type === 'channel' ? 'channel' : 'group'}${chat.username ? ` @${chat.username}` : ''}, ${bot}`;
}

function showEmptiness() {
  const thread = world.chatId === null ? null : world.thread(world.chatId);
  const empty = Boolean(thread?.loaded) && thread.messages.length === 0;
  const place = byId('empty');
  if (empty || !place.hidden) composer.show();
  place.hidden = !empty;
  if (!empty) return;
  const own = world.chat(world.chatId).type === 'private';
  place.replaceChildren(
    avatar(own ? world.bot.id : world.chatId, world.titleOf(world.chat(world.chatId)), 'large'),
    el('p', {}, own ? 'Nothing here yet.' : 'No messages yet.'),
    el('p', { class: 'muted' }, own ? 'Press Start to begin, as a new person would in Telegram.' : 'What you write here is read by the bot.'));
}

function prepareKeys() {
  document.addEventListener('keydown', (event) => {
    const digit = /^Digit([1-9])$/.exec(event.code);
    if (event.altKey && !event.ctrlKey && !event.metaKey && digit) {
      const chat = world.visibleChats()[Number(digit[1]) - 1];
      if (chat) {
        event.preventDefault();
        go(world.me, chat.id);
        byId('text').focus({ preventScroll: true });
      }
    } else if (event.key === 'Escape' && !document.querySelector('dialog[open]')) {
      if (!composer.escape() && narrow.matches && world.chatId !== null) go(world.me, null);
      else if (!byId('composer').hidden) byId('text').focus({ preventScroll: true });
    } else if (['PageUp', 'PageDown'].includes(event.key) && world.chatId !== null) {
      event.preventDefault();
      byId('scroller').scrollBy({ top: byId('scroller').clientHeight * (event.key === 'PageUp' ? -0.9 : 0.9) });
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && [document.body, byId('scroller')].includes(document.activeElement) && event.key !== ' ') {
      byId('text').focus({ preventScroll: true }); // the key then lands in the field
    }
  });
}

function prepareHeader() {
  byId('back').addEventListener('click', () => go(world.me, null));
  attachMenu(byId('more'), {
    label: 'Chat menu',
    items: () => {
      const blocked = world.people.get(world.me)?.blocked;
      const own = world.chatId === world.me;
      return [
        own ? item(() => setBlocked(!blocked), { danger: !blocked }, blocked ? 'Unblock the bot' : 'Block the bot') : null,
        item(() => copy(String(world.chatId)), {}, 'Copy the chat id'),
      ].filter(Boolean);
    },
  });
}

function showBanner() {
  byId('banner').hidden = !world.banner;
  byId('banner').textContent = world.banner ?? '';
}

world.on('reset', () => { showBanner(); enterAddress(); });
world.on('people chats', showHeader);
world.on('failed', ({ failure }) => complain(failure));
world.on('answer', (answer) => {
  settle(answer.chat_id, answer.message_id);
  if (answer.person_id !== world.me) return;
  if (answer.url && ownLink(answer.url)) return;
  if (answer.show_alert || answer.url) alertWith(answer.text, answer.url);
  else if (answer.text) toast(answer.text);
});
document.addEventListener('visibilitychange', () => world.markRead());
addEventListener('popstate', enterAddress);

prepareNotices();
prepareSidebar(world, go);
prepareHeader();
prepareKeys();
let staged = false;
follow({
  url: api.streamAddress(),
  prepare: async () => {
    const seq = await world.load();
    if (!staged) {
      staged = true;
      prepareStage(world);
    }
    return seq;
  },
  onEvent: (name, data, seq) => world.take(name, data, seq),
  onLine: (line) => world.tell('line', { line }),
});
