// What the page knows: people, chats, messages, who is looking at what, and what is unread. Views listen to it.

import * as api from './api.js';
import { Thread } from './thread.js';

const RING = 2000; // events the server keeps for resuming
const UNREAD_KEY = 'sandbox.unread';

const stored = () => {
  try {
    return JSON.parse(localStorage.getItem(UNREAD_KEY)) ?? {};
  } catch {
    return {};
  }
};

export class World extends EventTarget {
  bot = { id: 0, first_name: 'Bot', username: '' };
  people = new Map();
  chats = new Map();
  commands = [];
  banner = null;
  me = null;
  chatId = null;
  #seq = -1;
  #threads = new Map();
  #unread = stored(); // "person:chat" -> {seen: message id, count}
  #saving = null;

  tell(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  on(names, act) {
    for (const name of names.split(' ')) this.addEventListener(name, (event) => act(event.detail, name));
  }

  /** Read the state; returns the sequence number to follow the stream from. Safe to repeat after a lost line. */
  async load() {
    const state = await api.state();
    this.bot = state.bot;
    this.people = new Map(state.me.map((person) => [person.id, person]));
    this.chats = new Map(state.chats.map((chat) => [chat.id, chat]));
    this.commands = state.commands;
    this.banner = state.banner;
    if (!this.people.has(this.me)) this.me = state.me[0]?.id ?? null;
    const resumable = this.#seq >= 0 && state.seq >= this.#seq && state.seq - this.#seq < RING;
    if (!resumable) {
      this.#seq = state.seq;
      this.#threads.clear();
      await this.#countMissed();
      this.tell('reset');
    }
    this.tell('people');
    this.tell('chats');
    this.tell('commands');
    return this.#seq;
  }

  /** Take one event of the stream. */
  take(name, data, seq) {
    if (seq > this.#seq) this.#seq = seq;
    switch (name) {
      case 'message':
      case 'edit':
        return this.put(data.chat_id, data.message, { heard: name === 'message' });
      case 'delete':
        this.#threads.get(data.chat_id)?.remove(data.message_id);
        return this.tell('delete', { chatId: data.chat_id, id: data.message_id });
      case 'answer':
        return this.tell('answer', data);
      case 'person':
        this.people.set(data.id, data);
        return this.tell('people');
      case 'chat':
        this.chats.set(data.id, data);
        return this.tell('chats');
      case 'commands':
        this.commands = Array.isArray(data) ? data : data.commands;
        return this.tell('commands');
      case 'reset':
        this.#seq = -1;
        return this.load().catch((failure) => this.tell('failed', { failure }));
      default:
        return undefined;
    }
  }

  put(chatId, message, { heard = false } = {}) {
    const thread = this.#threads.get(chatId);
    const known = Boolean(thread?.get(message.message_id));
    const outcome = thread?.loaded ? thread.put(message) : null;
    const chat = this.chat(chatId);
    const newest = !chat.last || message.message_id >= chat.last.message_id;
    if (newest) {
      const from = message.from?.first_name ?? message.sender_chat?.title ?? '';
      chat.last = { message_id: message.message_id, date: message.date, text: snippet(message), from };
      this.chats.set(chatId, chat);
    }
    if (heard && !known) this.#count(chat, message);
    if (outcome) this.tell('message', { chatId, message, added: outcome === 'added' });
    if (newest) this.tell('chats');
  }

  chat(chatId) {
    const person = this.people.get(chatId);
    return this.chats.get(chatId) ?? { id: chatId, type: 'private', title: person?.first_name ?? '', username: null, bot: 'member', last: null };
  }

  /** The chats the chosen person can see, their own talk with the bot first, the rest in the server's order. */
  visibleChats() {
    const others = [...this.chats.values()].filter((chat) => chat.type !== 'private');
    return this.me === null ? others : [this.chat(this.me), ...others];
  }

  sees(chatId) {
    return this.visibleChats().some((chat) => chat.id === chatId);
  }

  titleOf(chat) {
    return chat.type === 'private' ? this.bot.first_name : chat.title;
  }

  thread(chatId) {
    if (!this.#threads.has(chatId)) this.#threads.set(chatId, new Thread(chatId));
    return this.#threads.get(chatId);
  }

  /** Look at a chat as a person; null shows the list only. Returns how many messages were unread. */
  move(personId, chatId) {
    this.me = personId;
    this.chatId = chatId !== null && this.sees(chatId) ? chatId : null;
    const count = this.chatId === null ? 0 : this.unread(personId, this.chatId);
    this.markRead();
    this.tell('moved', { unread: count });
    return count;
  }

  unread(personId, chatId) {
    return this.#unread[`${personId}:${chatId}`]?.count ?? 0;
  }

  unreadOf(personId) {
    const suffix = `${personId}:`;
    return Object.entries(this.#unread).reduce((sum, [key, { count }]) => sum + (key.startsWith(suffix) ? count : 0), 0);
  }

  markRead() {
    if (this.chatId === null || document.hidden) return;
    const had = this.unread(this.me, this.chatId);
    this.#remember(this.me, this.chatId, this.chat(this.chatId).last?.message_id ?? 0, 0);
    if (had) this.tell('chats');
  }

  #remember(personId, chatId, seen, count) {
    this.#unread[`${personId}:${chatId}`] = { seen, count };
    this.#saving ??= setTimeout(() => {
      this.#saving = null;
      try {
        localStorage.setItem(UNREAD_KEY, JSON.stringify(this.#unread));
      } catch {
        // Storage may be off or full; the counts then live as long as the page.
      }
    }, 500);
  }

  #count(chat, message) {
    const readers = chat.type === 'private' ? [chat.id] : [...this.people.keys()];
    for (const reader of readers) {
      const looking = reader === this.me && chat.id === this.chatId && !document.hidden;
      const own = message.out && (message.from?.id ?? this.me) === reader;
      const count = looking || own ? 0 : this.unread(reader, chat.id) + 1;
      const seen = count ? this.#unread[`${reader}:${chat.id}`]?.seen ?? 0 : message.message_id;
      this.#remember(reader, chat.id, seen, count);
    }
  }

  /** Count what came while no page was open, for chats seen before. A server that began anew resets them. */
  async #countMissed() {
    const keys = Object.keys(this.#unread).map((key) => [key, ...key.split(':').map(Number)]);
    await Promise.all(keys.map(async ([key, personId, chatId]) => {
      const chat = this.chats.get(chatId);
      const record = this.#unread[key];
      if (!chat || !this.people.has(personId) || (chat.last?.message_id ?? 0) < record.seen) {
        delete this.#unread[key];
      } else if (chat.last && chat.last.message_id > record.seen) {
        const thread = this.thread(chatId);
        await thread.load();
        record.count = thread.messages.filter((message) => message.message_id > record.seen && !message.out).length;
      }
    }));
  }
}

const KINDS = ['photo', 'video', 'animation', 'document', 'invoice'];

/** One line that stands for a message in lists and quotes. */
export function snippet(message) {
  const kind = KINDS.find((name) => message[name]);
  const words = message.text ?? message.caption ?? '';
  const line = words.slice(0, 300).replace(/\s+/g, ' ').trim();
  return line || (kind ? kind[0].toUpperCase() + kind.slice(1) : 'Message');
}
